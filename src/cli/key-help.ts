import { keyExamples } from '../forms/key-text.js';

/** The paragraph of a command's help that shows how each kind of key is written. */
export function keyHelp(): string {
  const examples = Object.entries(keyExamples).map(([kind, name]) => `  ${kind}:iana-en:222:${name}`);
  return [
    '',
    'A key is kind:rant:name, where rant is the organization that owns the object:',
    ...examples,
    'kind::name uses the rant of --rant or of the profile. A number alone means tn::number.',
  ].join('\n');
}
