interface ChoiceParts {
  readonly name: string;
  readonly label: string;
  readonly words: readonly string[];
  /** How words are shown, if not as they are. */
  readonly names?: Readonly<Record<string, string>>;
  readonly value: string;
}

/** A field of a form with one of some words. */
export function Choice({ name, label, words, names = {}, value }: ChoiceParts) {
  return (
    <label>
      {label}
      <select name={name}>
        {words.map((word) => (
          <option key={word} value={word} selected={word === value}>
            {names[word] ?? word}
          </option>
        ))}
      </select>
    </label>
  );
}
