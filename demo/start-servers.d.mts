// For the tests, whose compiler settings do not read JavaScript.
export declare function startServers(authorizationServerArgs?: string[]): Promise<{
  issuer: string;
  apiUrl: string;
  audience: string;
  requests(): Promise<Record<string, number>>;
  stop(): Promise<void>;
}>;
