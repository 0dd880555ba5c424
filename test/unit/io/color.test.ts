import { describe, expect, it } from 'vitest';
import type { Environment } from '../../../src/context.ts';
import { colorLevel } from '../../../src/io/color.ts';
import type { ColorWhen } from '../../../src/io/io.ts';

describe('colorLevel', () => {
  it.each<[ColorWhen, boolean, Environment, 0 | 1]>([
    ['auto', true, {}, 1],
    ['auto', false, {}, 0],

    ['always', false, {}, 1],
    ['always', false, { NO_COLOR: '1', CLICOLOR: '0', TERM: 'dumb', FORCE_COLOR: '0' }, 1],
    ['never', true, {}, 0],
    ['never', true, { FORCE_COLOR: '1', CLICOLOR_FORCE: '1' }, 0],

    ['auto', true, { NO_COLOR: '1' }, 0],
    ['auto', true, { NO_COLOR: '0' }, 0],
    ['auto', true, { NO_COLOR: 'false' }, 0],
    ['auto', true, { NO_COLOR: '' }, 1],
    ['auto', true, { NO_COLOR: undefined }, 1],

    ['auto', false, { FORCE_COLOR: '1' }, 1],
    ['auto', false, { FORCE_COLOR: 'true' }, 1],
    ['auto', false, { FORCE_COLOR: '3' }, 1],
    ['auto', true, { FORCE_COLOR: '0' }, 0],
    ['auto', true, { FORCE_COLOR: 'false' }, 0],
    ['auto', false, { FORCE_COLOR: '' }, 0],
    ['auto', false, { FORCE_COLOR: '1', NO_COLOR: '1' }, 1],
    ['auto', false, { FORCE_COLOR: '1', TERM: 'dumb' }, 1],

    ['auto', false, { CLICOLOR_FORCE: '1' }, 1],
    ['auto', false, { CLICOLOR_FORCE: '0' }, 0],
    ['auto', true, { CLICOLOR_FORCE: '0' }, 1],
    ['auto', false, { CLICOLOR_FORCE: '1', NO_COLOR: '1' }, 0],
    ['auto', false, { CLICOLOR_FORCE: '1', CLICOLOR: '0' }, 1],
    ['auto', false, { CLICOLOR_FORCE: '1', TERM: 'dumb' }, 1],

    ['auto', true, { CLICOLOR: '0' }, 0],
    ['auto', true, { CLICOLOR: '1' }, 1],
    ['auto', false, { CLICOLOR: '1' }, 0],
    ['auto', true, { CLICOLOR: '' }, 1],

    ['auto', true, { TERM: 'dumb' }, 0],
    ['auto', true, { TERM: 'xterm-256color' }, 1],
    ['auto', false, { TERM: 'xterm-256color', COLORTERM: 'truecolor' }, 0],
  ])('with --color %s, a terminal: %s, and %j is %i', (when, isTerminal, env, level) => {
    expect(colorLevel(when, isTerminal, env)).toBe(level);
  });
});
