import { type Declaration, type Member, readSchemaText } from './schema-text.ts';

function fieldText({ name, meaning }: Member): string {
  return `${name}:${meaning}`;
}

function lostCodes(place: string, before: Member, now: Member): string[] {
  return [...before.codes]
    .filter(([number, name]) => now.codes.get(number) !== name)
    .map(([number, name]) => `${place}: ${number} no longer means ${name}`);
}

function enumProblems(place: string, before: Declaration, now: Declaration): string[] {
  const values = new Map(now.members.map((member) => [member.name, member.meaning]));
  const numbers = new Set(values.values());
  const lost = before.members.filter(({ name, meaning }) => values.get(name) !== meaning);
  return [
    ...lost.map((member) => `${place}: ${member.name} is no longer ${member.meaning}`),
    ...(numbers.size < now.members.length ? [`${place}: a number has two names`] : []),
  ];
}

function declarationProblems(name: string, before: Declaration, now: Declaration): string[] {
  if (before.head !== now.head) return [`${before.head} has become ${now.head}`];
  if (before.kind === 'enum') return enumProblems(name, before, now);
  const problems: string[] = [];
  for (const [index, member] of before.members.entries()) {
    const place = `${name}.${member.name}`;
    const same = now.members[index];
    if (same === undefined || fieldText(same) !== fieldText(member)) {
      problems.push(`${place}: field ${index} is ${same ? fieldText(same) : 'gone'}`);
    } else {
      problems.push(...lostCodes(place, member, same));
    }
  }
  if (before.kind === 'struct' && now.members.length > before.members.length) {
    problems.push(`struct ${name} has grown`);
  }
  return problems;
}

/**
 * What of the schema `now` programs made from the schema `released` cannot live with; empty:
 * nothing. Structs are what they were; tables and unions have grown at their end at the most;
 * enums, and the codes and bits that comments name, have grown at the most.
 */
export function incompatibilities(released: string, now: string): string[] {
  const before = readSchemaText(released);
  const after = readSchemaText(now);
  const settings = [...before.settings]
    .filter(([name, value]) => after.settings.get(name) !== value)
    .map(([name, value]) => `${name} is no longer ${value}`);
  const declarations = [...before.declarations].flatMap(([name, declaration]) => {
    const same = after.declarations.get(name);
    return same === undefined ? [`${name} is gone`] : declarationProblems(name, declaration, same);
  });
  return [...settings, ...declarations];
}
