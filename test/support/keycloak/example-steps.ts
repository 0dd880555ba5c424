/** A step by its title: commands of a script, or what they print. */
export type Steps = Readonly<Record<string, string>>;

/** What `run.sh` does in each step. */
export function stepsOfScript(script: string): Steps {
  return splitAt(script, /^step '(.+)'\n/m);
}

/** How `run.sh` begins, from the folder of the example on. */
export function beginningOfScript(script: string): string | undefined {
  return script.match(/^cd "\$\(dirname "\$0"\)"\n(.*?\n)\nstep /ms)?.[1];
}

/** What a README says to begin with by hand. */
export function beginningOfReadme(readme: string): string | undefined {
  return readme.match(/^To go through the steps by hand.*?^```sh\n(.*?)^```$/ms)?.[1];
}

/** What somebody types who goes through the README; `step` prints the titles, as `run.sh` does. */
export function commandsOfReadme(readme: string): string {
  const steps = Object.entries(stepsOfReadme(readme, 'sh'));
  return [beginningOfReadme(readme), ...steps.map(([title, code]) => `step '${title}'\n${code}`)].join('\n');
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
