// oidc-provider ships without types; these are the parts that the demo uses.
declare module 'oidc-provider' {
  import type { IncomingMessage, RequestListener } from 'node:http';

  /** Koa's context, with oidc-provider's own part after it has authenticated the client. */
  export interface Context {
    method: string;
    path: string;
    status: number;
    body: unknown;
    req: IncomingMessage & { body?: unknown };
    response: { is(...types: string[]): string | false };
    is(...types: string[]): string | false | null;
    oidc: { client: { clientId: string } };
  }

  export type Middleware = (ctx: Context, next: () => Promise<void>) => Promise<void>;

  export class Provider {
    constructor(issuer: string, configuration: object);
    readonly issuer: string;
    use(middleware: Middleware): void;
    callback(): RequestListener;
    on(event: 'server_error', listener: (ctx: Context, error: Error) => void): this;
  }

  export const errors: { InvalidTarget: new () => Error };
}
