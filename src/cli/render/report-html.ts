// HTML from pieces: everything put into the template is escaped unless it is markup already.

export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | number | Markup | readonly Markup[] | null | undefined;

/** @example html`<td>${feature}</td>` */
export function html(parts: TemplateStringsArray, ...values: readonly Piece[]): Markup {
  let text = parts[0] ?? '';
  values.forEach((value, i) => {
    text += markup(value) + (parts[i + 1] ?? '');
  });
  return new Markup(text);
}

function markup(value: Piece): string {
  if (value === undefined || value === null) return '';
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map((piece: Markup) => piece.text).join('');
  return escapeHtml(String(value));
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
