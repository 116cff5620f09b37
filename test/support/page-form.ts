/** The fields of a form of a page as a browser without script would send them. */
export function formOn(page: string, action: string): Record<string, string> {
  const [, form] = new RegExp(`<form[^>]* action="${action}"[^>]*>(.*?)</form>`, 's').exec(page) ?? [];
  if (form === undefined) throw new Error(`no form for ${action} on ${page}`);
  const fields: Record<string, string> = {};
  for (const [, attributes = ''] of form.matchAll(/<input((?:\s+[\w-]+(?:="[^"]*")?)*)\s*\/?>/g)) {
    const name = attribute(attributes, 'name');
    if (name !== undefined) fields[name] = attribute(attributes, 'value') ?? '';
  }
  for (const [, attributes = '', text = ''] of form.matchAll(/<textarea([^>]*)>(.*?)<\/textarea>/gs)) {
    fields[attribute(attributes, 'name') ?? ''] = unescaped(text);
  }
  for (const [, attributes = '', options = ''] of form.matchAll(/<select([^>]*)>(.*?)<\/select>/gs)) {
    const chosen = /<option[^>]* selected[^>]*>/.exec(options) ?? /<option[^>]*>/.exec(options);
    fields[attribute(attributes, 'name') ?? ''] = attribute(chosen?.[0] ?? '', 'value') ?? '';
  }
  return fields;
}

function attribute(attributes: string, name: string): string | undefined {
  const [, value] = new RegExp(` ${name}="([^"]*)"`).exec(attributes) ?? [];
  return value === undefined ? undefined : unescaped(value);
}

const characters: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

function unescaped(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => characters[name] ?? '');
}
