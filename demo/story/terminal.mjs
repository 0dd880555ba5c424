import { styleText } from 'node:util';

const { NO_COLOR, TERM } = process.env;

/** Whether this terminal gets colours, ours and those of the commands that are shown. */
export const hasColors = Boolean(process.stdout.isTTY) && !NO_COLOR && TERM !== 'dumb';

/** @param {string} text */
export function print(text) {
  process.stdout.write(text);
}

/** @param {string} text */
export function printComment(text) {
  print(`${style('dim', `# ${text}`)}\n`);
}

/** @param {string} line */
export function printCommand(line) {
  print(`${style('green', '$')} ${style('bold', line)}\n`);
}

/**
 * @param {string} output
 * @param {number} [shownLines]
 */
export function printOutput(output, shownLines = Infinity) {
  const lines = shortenTokens(output).split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const line of lines.slice(0, shownLines)) print(`${line}\n`);
  const left = lines.length - shownLines;
  if (left > 0) printComment(`… and ${left} more lines`);
}

/** @param {string} text */
function shortenTokens(text) {
  return text.replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, (token) => {
    return `${token.slice(0, 12)}…${token.slice(-6)}`;
  });
}

/**
 * @param {Parameters<typeof styleText>[0]} format
 * @param {string} text
 */
function style(format, text) {
  return hasColors ? styleText(format, text) : text;
}
