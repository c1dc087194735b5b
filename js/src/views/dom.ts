/*
 * The verbs of building HTML. Strings always become text nodes, so nothing that
 * comes from a kernel can become markup.
 */

/** What an element may contain: other elements and plain text. */
export type Child = Node | string;

/** Make an element with a class and children. */
export function html<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = '',
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== '') {
    element.className = className;
  }
  element.append(...children);
  return element;
}

/** Make a button that does not submit a form. */
export function button(
  label: string,
  onClick: () => void,
  className = 'mandala-button'
): HTMLButtonElement {
  const element = html('button', className, label);
  element.type = 'button';
  element.addEventListener('click', onClick);
  return element;
}

/** Make a block that can be folded away. */
export function fold(summary: string, content: Child, open = false): HTMLDetailsElement {
  const element = html('details', 'mandala-fold', html('summary', '', summary), content);
  element.open = open;
  return element;
}

/** Make a heading followed by its content. */
export function section(title: string, ...content: Child[]): HTMLElement {
  return html('section', 'mandala-section', html('h4', '', title), ...content);
}

/** Make a block of code or other text whose spaces count; it scrolls and can be focused. */
export function codeBlock(text: string, label: string): HTMLPreElement {
  const block = html('pre', 'mandala-code', text);
  block.tabIndex = 0;
  block.setAttribute('role', 'group');
  block.setAttribute('aria-label', label);
  return block;
}

/** Make a text for assistive technology only. */
export function spoken(text: string): HTMLSpanElement {
  return html('span', 'mandala-spoken', text);
}
