import { fileURLToPath } from 'node:url';

/** What is fetched or built for the tests and kept between runs; not under version control. */
export const cacheDirectory = fileURLToPath(new URL('../../../.cache/', import.meta.url));

export const examplesDirectory = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** The resource server that the tests call. */
export const flaskExampleDirectory = fileURLToPath(
  new URL('../../../examples/resource-server-flask/', import.meta.url),
);
