/*
 * The two verbs of drawing: make an SVG element, change its attributes. Text is
 * only ever set through textContent, so no label can become markup.
 */

const NAMESPACE = 'http://www.w3.org/2000/svg';

/** Attributes to set; null takes one away. */
export type Attributes = Record<string, string | number | null>;

/** Make an SVG element. */
export function svgElement<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {}
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(NAMESPACE, tag);
  setAttributes(element, attributes);
  return element;
}

/** Set attributes, touching the DOM only where a value changed. */
export function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    const text = value === null ? null : String(value);
    if (element.getAttribute(name) === text) {
      continue;
    }
    if (text === null) {
      element.removeAttribute(name);
    } else {
      element.setAttribute(name, text);
    }
  }
}

/** Set an element's text, touching the DOM only when it changed. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}
