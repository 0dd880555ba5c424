/** Whether the full grid is asked for: `npm run test:faults -- --long`. */
export const isLong = process.env.CCGRANT_FAULTS === 'long';
