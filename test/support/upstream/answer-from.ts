/** An upstream's answers from a list of records, as a recursive resolver gives them: CNAMEs followed, SOA where none is. */
import type { ReceivedQuery } from './query.ts';
import { undotted } from './record.ts';
import type { Reply } from './response.ts';

/** CNAMEs that are followed; a loop of them ends here. */
const MAX_ALIASES = 8;

interface Line {
  readonly owner: string;
  readonly type: string;
  readonly text: string;
}

/**
 * Makes a function that answers from records such as `www.example 300 A 192.0.2.1`. A name that starts with `*.`
 * stands for all names below; a negative answer carries the SOA record whose owner is nearest, where there is one.
 */
export function answerFrom(records: readonly string[]): (query: ReceivedQuery) => Reply {
  const lines = records.map((text) => {
    const [owner, , type] = text.split(' ');
    return { owner: undotted(owner).toLowerCase(), type, text };
  });
  return ({ name, type }) => {
    const answers: string[] = [];
    let owner = name.toLowerCase();
    for (let aliases = 0; ; aliases++) {
      const here = linesAt(lines, owner);
      const matches = here.filter((line) => line.type === type);
      const alias = here.find((line) => line.type === 'CNAME');
      answers.push(...matches.map((line) => line.text));
      if (matches.length > 0 || (alias && aliases === MAX_ALIASES)) return { answers };
      if (alias === undefined) {
        const rcode = here.length > 0 || hasNamesBelow(lines, owner) ? 'NOERROR' : 'NXDOMAIN';
        return { rcode, answers, authorities: soaOf(lines, owner) };
      }
      answers.push(alias.text);
      owner = undotted(alias.text.split(' ')[3]).toLowerCase();
    }
  };
}

/** Gives the records of a name, or of the wildcard that stands for it with the name in place of its own. */
function linesAt(lines: readonly Line[], owner: string): readonly Line[] {
  const exact = lines.filter((line) => line.owner === owner);
  if (exact.length > 0) return exact;
  return lines
    .filter((line) => line.owner.startsWith('*.') && owner.endsWith(line.owner.slice(1)))
    .map((line) => ({ ...line, text: [owner, ...line.text.split(' ').slice(1)].join(' ') }));
}

function hasNamesBelow(lines: readonly Line[], owner: string): boolean {
  return lines.some((line) => line.owner.endsWith(`.${owner}`));
}

function soaOf(lines: readonly Line[], owner: string): string[] {
  const nearest = lines
    .filter(({ type, owner: apex }) => type === 'SOA' && `.${owner}`.endsWith(`.${apex}`))
    .sort((a, b) => b.owner.length - a.owner.length)[0];
  return nearest === undefined ? [] : [nearest.text];
}
