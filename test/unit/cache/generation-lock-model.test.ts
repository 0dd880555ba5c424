import { existsSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import type { LockState, Turn } from '../../../src/cache/generation-lock.ts';
import { GenerationLock } from '../../../src/cache/generation-lock.ts';
import type { Observer } from '../../../src/cache/process-identity.ts';
import { removeIdleLocks } from '../../../src/cache/sweep.ts';
import { preparePrivateDirectory } from '../../../src/cache/write-private-file.ts';
import { IdleProcess } from '../support/idle-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const at = temporaryDirectory();
const userId = process.getuid?.();
const tolerance = 60_000;

/** Where processes run: those of one namespace can look each other up; without /proc they see numbers only. */
interface Place {
  readonly machine: string;
  readonly namespace: string;
  readonly hasProc: boolean;
}

const here: Place = { machine: 'a', namespace: 'pid:[1]', hasProc: true };
const inContainer: Place = { machine: 'a', namespace: 'pid:[2]', hasProc: true };
const elsewhere: Place = { machine: 'b', namespace: 'pid:[1]', hasProc: true };
const withoutProc: Place = { machine: 'c', namespace: '', hasProc: false };
const places = [here, here, here, inContainer, inContainer, elsewhere, withoutProc, withoutProc];

/** A process as it is in truth, whatever others can see of it. */
interface Actor {
  readonly place: Place;
  readonly boot: number;
  readonly process: IdleProcess;
  readonly observer: Observer;
  state: 'running' | 'stopped' | 'dead';
}

/** A turn that somebody got. */
interface Granted {
  readonly owner: Actor;
  readonly turn: Turn;
  readonly number: number;
  readonly since: number;
  readonly until: number | undefined;
  ending: { readonly on: number; readonly outcome: unknown } | undefined;
  /** Whether the others may think that its owner has given up, or that its beginning is nonsense. */
  isDoubtful: boolean;
}

interface World {
  readonly actors: Actor[];
  readonly granted: Granted[];
  /** The turns whose files are to be there. */
  files: Map<number, Granted>;
  boot: number;
  now: number;
}

/** Processes that no test has harmed, for the next one. */
const idle: IdleProcess[] = [];
afterAll(() => Promise.all(idle.map((process) => process.kill())));

function newActor(world: World, place: Place): Actor {
  const process = idle.pop() ?? new IdleProcess();
  const boot = place.machine === 'a' ? world.boot : 0;
  const observer: Observer = {
    pid: process.pid,
    startTime: place.hasProc ? process.startTime : null,
    bootId: place.hasProc ? `boot ${boot} of ${place.machine}` : null,
    pidNamespace: place.hasProc ? place.namespace : null,
    machine: place.machine,
    hasProcess: (pid) => world.actors.some((actor) => actor.process.pid === pid && actor.state !== 'dead'),
  };
  return { place, boot, process, observer, state: 'running' };
}

function seenBy(owner: Actor, observer: Actor): 'running' | 'stopped' | 'dead' | 'unknown' {
  if (owner.place.machine !== observer.place.machine) return 'unknown';
  if (owner.boot !== observer.boot) return 'dead';
  if (owner.place !== observer.place) return 'unknown';
  return owner.place.hasProc || owner.state === 'dead' ? owner.state : 'unknown';
}

/** Ten minutes are the most that an owner who cannot be seen at work is waited for. */
function endOf({ since, until = Number.POSITIVE_INFINITY }: Pick<Granted, 'since' | 'until'>): number {
  return Math.min(until, since + 600_000);
}

function holds({ ending, owner, since, until }: Granted, observer: Actor, now: number): boolean {
  if (ending !== undefined) return false;
  const isOverdue = now > endOf({ since, until });
  const view = seenBy(owner, observer);
  if (view === 'unknown') return !isOverdue && since <= now + tolerance;
  return view === 'running' || (view === 'stopped' && !isOverdue);
}

/** A lock of a process that is held up between its look and what it does then. */
class SlowLock extends GenerationLock {
  meanwhile = (): void => {};

  override look(): LockState {
    const state = super.look();
    this.meanwhile();
    return state;
  }
}

/** Each run has a cache directory of its own. */
let run = 0;
const locks = (): string => at(`${run}`, 'locks');
const directory = (): string => at(`${run}`, 'locks', 'name');

function lockOf(world: World, actor: Actor): SlowLock {
  return new SlowLock(directory(), actor.observer, userId, () => world.now);
}

function newest({ files }: World): number {
  return Math.max(0, ...files.keys());
}

/** Something that happens within one process at once. */
type Step =
  | {
      readonly kind: 'take';
      readonly who: number;
      readonly life: number | undefined;
      readonly meanwhile: readonly Step[];
    }
  | { readonly kind: 'release'; readonly which: number; readonly outcome: object | undefined }
  | { readonly kind: 'sweep'; readonly who: number }
  | { readonly kind: 'clock'; readonly by: number };

function doStep(world: World, step: Step): void {
  if (step.kind === 'take') take(world, step);
  if (step.kind === 'release') release(world, step);
  if (step.kind === 'sweep') sweep(world, step);
  if (step.kind !== 'clock') return;
  world.now += step.by;
  for (const granted of world.granted) noteDoubt(granted, world.now);
}

function noteDoubt(granted: Granted, now: number): void {
  const isOverdue = now > endOf(granted);
  granted.isDoubtful ||= isOverdue || granted.since > now + tolerance;
}

function take(world: World, { who, life, meanwhile }: Step & { kind: 'take' }): void {
  const actor = world.actors[who] as Actor;
  if (actor.state !== 'running') return;
  const lock = lockOf(world, actor);
  const until = life && world.now + life;
  const seen = newest(world);
  const found = world.files.get(seen);
  const wasHeld = found !== undefined && holds(found, actor, world.now);
  lock.meanwhile = () => {
    lock.meanwhile = () => {};
    for (const step of meanwhile) doStep(world, step);
  };
  const turn = lock.take(until);

  const number = seen + 1;
  const isFree = [...world.files.values()].every((other) => !holds(other, actor, world.now));
  expect(turn !== undefined, 'a turn is to be had when nobody has it and nobody came between').toBe(
    !wasHeld && isFree && newest(world) < number,
  );
  if (turn === undefined) return;
  const since = world.now;
  const granted: Granted = { owner: actor, turn, number, since, until, ending: undefined, isDoubtful: false };
  noteDoubt(granted, world.now);
  world.granted.push(granted);
  world.files = new Map([...world.files, [number, granted] as const].filter(([other]) => other >= number - 1));
}

/** Also once more, as by those who leave something to others and take it back. */
function release(world: World, { which, outcome }: Step & { kind: 'release' }): void {
  const able = world.granted.filter(({ owner }) => owner.state === 'running');
  const granted = able.at(-1 - (which % Math.max(1, able.length)));
  if (granted === undefined) return;
  granted.turn.release(outcome);
  granted.ending = { on: world.now, outcome };
}

function sweep(world: World, { who }: Step & { kind: 'sweep' }): void {
  const actor = world.actors[who] as Actor;
  if (actor.state !== 'running') return;
  const isFree = [...world.files.values()].every((granted) => !holds(granted, actor, world.now));
  removeIdleLocks({ path: at(`${run}`), userId, self: actor.observer, now: world.now });
  if (isFree) world.files = new Map();
  expect(readdirSync(locks())).toEqual(isFree ? [] : ['name']);
}

/** What must be true whenever nobody is in the middle of something. */
function check(world: World): void {
  const there = existsSync(directory()) ? readdirSync(directory()) : [];
  expect(there.map(Number).sort((a, b) => a - b)).toEqual([...world.files.keys()].sort((a, b) => a - b));

  const holders = world.granted.filter(
    ({ owner, ending, isDoubtful }) => owner.state !== 'dead' && ending === undefined && !isDoubtful,
  );
  expect(holders.length, 'living holders').toBeLessThanOrEqual(1);
  for (const { turn } of holders) expect(turn.isMine(), 'a living holder keeps its turn').toBe(true);

  const [last, before] = [...world.files.values()].sort((a, b) => b.number - a.number);
  for (const granted of world.granted) expect(granted.turn.isMine()).toBe(granted === last);
  const lastEnding = last?.ending ?? before?.ending;
  for (const actor of world.actors.filter(({ state }) => state === 'running')) {
    expect(lockOf(world, actor).look()).toEqual({
      generation: newest(world),
      isHeld: last !== undefined && holds(last, actor, world.now),
      lastEnding: lastEnding && JSON.parse(JSON.stringify(lastEnding)),
    });
  }
}

/** Something that happens in the world. */
class Happening implements fc.AsyncCommand<World, object> {
  readonly #name: string;
  readonly #action: (world: World) => Promise<void> | void;

  constructor(name: string, action: (world: World) => Promise<void> | void) {
    this.#name = name;
    this.#action = action;
  }

  check(): boolean {
    return true;
  }

  async run(world: World): Promise<void> {
    await this.#action(world);
    check(world);
  }

  toString(): string {
    return this.#name;
  }
}

const who = fc.nat({ max: places.length - 1 });
const sweeps = fc.record({ kind: fc.constant('sweep' as const), who });
const releases = fc.record({
  kind: fc.constant('release' as const),
  which: fc.nat({ max: 3 }),
  outcome: fc.option(fc.record({ value: fc.nat() }), { nil: undefined }),
});
const clocks = fc.record({
  kind: fc.constant('clock' as const),
  by: fc.constantFrom(-86_400_000, -61_000, -5_000, 1, 1_000, 40_000, 86_400_000),
});
const life = fc.constantFrom(1_000, 35_000, undefined);
const takes = fc.record({ kind: fc.constant('take' as const), who, life, meanwhile: fc.constant([]) });
const lateTakes = fc.record({
  kind: fc.constant('take' as const),
  who,
  life,
  meanwhile: fc.array(fc.oneof(takes, releases, sweeps, clocks), { minLength: 1, maxLength: 4 }),
});

async function endActor(actor: Actor): Promise<void> {
  actor.state = 'dead';
  await actor.process.kill();
}

/** Most happens to those who hold the lock. */
const whoAtWorst = fc.option(who, { nil: undefined, freq: 2 });

function indexAtWorst(world: World, index: number | undefined): number {
  const holder = world.files.get(newest(world))?.owner;
  return index ?? Math.max(0, holder === undefined ? 0 : world.actors.indexOf(holder));
}

const happenings: fc.Arbitrary<Happening>[] = [
  ...[takes, takes, lateTakes, lateTakes, releases, releases, sweeps, clocks].map((steps: fc.Arbitrary<Step>) =>
    steps.map((step) => new Happening(JSON.stringify(step), (world) => doStep(world, step))),
  ),
  whoAtWorst.map(
    (chosen) =>
      new Happening(`${chosen ?? 'the holder'} dies, and another process comes`, async (world) => {
        const index = indexAtWorst(world, chosen);
        const actor = world.actors[index] as Actor;
        await endActor(actor);
        check(world);
        world.actors[index] = newActor(world, actor.place);
      }),
  ),
  whoAtWorst.map(
    (chosen) =>
      new Happening(`${chosen ?? 'the holder'} is stopped or goes on`, async (world) => {
        const actor = world.actors[indexAtWorst(world, chosen)] as Actor;
        if (actor.state === 'running') await actor.process.stop();
        else await actor.process.resume();
        actor.state = actor.state === 'running' ? 'stopped' : 'running';
      }),
  ),
  fc.constant(
    new Happening('the machine starts anew', async (world) => {
      const ended = world.actors.filter(({ place }) => place.machine === 'a');
      await Promise.all(ended.map(endActor));
      world.boot += 1;
      for (const [index, { place }] of world.actors.entries())
        if (place.machine === 'a') world.actors[index] = newActor(world, place);
    }),
  ),
];

it('never has two living holders, whoever dies, stops, starts anew, sweeps, or has another clock', async () => {
  await fc.assert(
    fc.asyncProperty(fc.commands(happenings, { maxCommands: 40, size: 'max' }), async (commands) => {
      run += 1;
      const world: World = { actors: [], granted: [], files: new Map(), boot: 0, now: 1_700_000_000_000 };
      world.actors.push(...places.map((place) => newActor(world, place)));
      preparePrivateDirectory(locks(), userId);
      try {
        await fc.asyncModelRun(() => ({ model: world, real: {} }), commands);
      } finally {
        for (const { state, process } of world.actors)
          if (state === 'running') idle.push(process);
          else await process.kill();
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);
