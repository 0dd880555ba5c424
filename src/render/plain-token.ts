/** The formats that show the token and nothing that changes with time. */
export const plainFormats = ['token', 'header', 'env'] as const;
export type PlainFormat = (typeof plainFormats)[number];

export function isPlainFormat(format: unknown): format is PlainFormat {
  return plainFormats.some((one) => one === format);
}

/** An access token for a script, without a final newline. */
export function renderPlainToken(
  { accessToken, tokenType }: { readonly accessToken: string; readonly tokenType: string },
  format: PlainFormat,
): string {
  switch (format) {
    case 'token':
      return accessToken;
    case 'header':
      return `Authorization: ${tokenType} ${accessToken}`;
    case 'env':
      return `export CCGRANT_ACCESS_TOKEN='${accessToken.replaceAll("'", `'\\''`)}'`;
  }
}
