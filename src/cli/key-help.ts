import { keyExamples } from '../forms/key-text.js';

/** The paragraph of a command's help that shows how each kind of key is written. */
export function keyHelp(): string {
  const examples = Object.entries(keyExamples).map(([kind, name]) => `  ${kind}:iana-en:222:${name}`);
  return [
    '',
    'A key is kind:rant:name, where rant is the organization that has the object:',
    ...examples,
    'kind::name is an object of the rant of --rant, else of the profile; a number by itself is tn::number.',
  ].join('\n');
}
