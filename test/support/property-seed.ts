import fc from 'fast-check';

/**
 * Property tests try the same inputs in each run, so that a red one is the fault of the change. Other
 * inputs: CCGRANT_TEST_SEED=random, or the seed that a failure printed.
 */
const { CCGRANT_TEST_SEED = '20260725' } = process.env;
if (CCGRANT_TEST_SEED !== 'random') fc.configureGlobal({ seed: Number(CCGRANT_TEST_SEED) });
