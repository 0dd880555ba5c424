import console from 'node:console';

// oidc-provider comments on its runtime and its defaults on the console, on import and at start;
// a program whose standard output is read by another one has to stay silent.
console.info = () => {};
console.warn = () => {};

const { errors, Provider } = await import('oidc-provider');

export { errors, Provider };
