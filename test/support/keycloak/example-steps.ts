/** A step by its title: commands of a script, or what they print. */
export type Steps = Readonly<Record<string, string>>;

/** What `run.sh` does in each step. */
export function stepsOfScript(script: string): Steps {
  return splitAt(script, /^step '(.+)'\n/m);
}

/** What `run.sh` printed in each step. */
export function stepsOfOutput(output: string): Steps {
  return splitAt(output, /^== (.+)\n/m);
}

/** The code blocks of one language in each step of a README; steps without one hold an empty text. */
export function stepsOfReadme(readme: string, language: 'sh' | 'shell' | 'text'): Steps {
  const sections = Object.entries(splitAt(readme, /^### (.+)\n/m));
  const block = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms');
  return Object.fromEntries(
    sections.map(([title, text]) => [title, [...text.matchAll(block)].map(([, code]) => code).join('')]),
  );
}

/** Matches a text that differs from `shown` only where that has `…`. */
export function withOmissions(shown: string): RegExp {
  const parts = shown.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^]*')}$`);
}

function splitAt(text: string, heading: RegExp): Steps {
  const [, ...parts] = text.split(heading);
  return Object.fromEntries(
    Array.from({ length: parts.length / 2 }, (_, index) => [
      parts[2 * index] ?? '',
      `${parts[2 * index + 1]?.trimEnd()}\n`.replace(/^\n$/, ''),
    ]),
  );
}
