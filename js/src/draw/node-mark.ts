/*
 * NodeMark: the SVG elements of one node, made once and updated in place.
 * Listeners, selection and positions of other nodes are scene-view.ts's.
 */
import { CHIP_GLYPH } from '../schema/messages';
import type { SceneNode } from '../schema/messages';
import type { Words } from '../state/words';
import { glyphPath, GLYPH_SIZE, statusWord, updateGlyph } from './status';
import { setAttributes, setText, svgElement } from './svg';
import { fitText, oneLine } from './text';
import type { Typeface } from './text';

const PAD = 11;
const GAP = 6;
/** Below this height a node has no room for its second line. */
const TWO_LINES = 34;
const RING = 4;
/** Chips are small: less air, and a smaller sign. */
const CHIP_PAD = 8;
const CHIP_SCALE = 0.8;
/** How far the box behind that of a rest looks out. */
const BEHIND = 3;
const ROUND: readonly SceneNode['kind'][] = ['var', 'ref', 'chip'];

/** The elements of one node. */
export class NodeMark {
  readonly element = svgElement('g', { role: 'graphics-symbol', tabindex: -1 });
  private readonly title = svgElement('title');
  private readonly ring = svgElement('rect', { class: 'mandala-ring' });
  private readonly behind = svgElement('rect', { class: 'mandala-box mandala-behind' });
  private readonly box = svgElement('rect', { class: 'mandala-box' });
  private readonly glyphPlace = svgElement('g');
  private readonly glyph = glyphPath('earlier');
  private readonly label = svgElement('text', { class: 'mandala-label' });
  private readonly detail = svgElement('text', { class: 'mandala-detail' });
  private drawn: SceneNode | null = null;

  constructor(
    private readonly words: Words,
    private readonly typeface: Typeface
  ) {
    this.glyphPlace.append(this.glyph);
    this.element.append(this.title, this.ring, this.box, this.glyphPlace, this.label, this.detail);
  }

  /** The node as drawn. */
  get node(): SceneNode | null {
    return this.drawn;
  }

  /** Draw a node; nothing happens when it is the one already drawn. */
  update(node: SceneNode): void {
    if (node === this.drawn) {
      return;
    }
    this.drawn = node;
    setAttributes(this.element, {
      class: `mandala-node mandala-${node.kind} mandala-is-${node.status}`,
      transform: `translate(${node.x} ${node.y})`,
      'data-id': node.id,
      'aria-label': describeNode(node, this.words)
    });
    setText(this.title, describeNode(node, this.words));
    this.updateBox(node);
    this.updateText(node);
  }

  private updateBox(node: SceneNode): void {
    const radius = ROUND.includes(node.kind) ? Math.min(node.h / 2, 18) : 6;
    const size = { width: node.w, height: node.h, rx: radius };
    setAttributes(this.box, size);
    if (node.kind === 'more') {
      setAttributes(this.behind, { ...size, x: BEHIND, y: BEHIND });
      this.box.before(this.behind);
    } else {
      this.behind.remove();
    }
    setAttributes(this.ring, {
      x: -RING,
      y: -RING,
      width: node.w + 2 * RING,
      height: node.h + 2 * RING,
      rx: radius + RING
    });
  }

  private updateText(node: SceneNode): void {
    if (node.kind === 'chip') {
      this.updateChip(node);
      return;
    }
    const left = PAD + GLYPH_SIZE + GAP;
    const room = Math.max(node.w - left - PAD, 0);
    const twoLines = node.detail !== '' && node.h >= TWO_LINES;
    const middle = node.h / 2;
    updateGlyph(this.glyph, node.status);
    setAttributes(this.glyphPlace, {
      transform: `translate(${PAD} ${middle - GLYPH_SIZE / 2})`
    });
    setAttributes(this.label, { x: left, y: twoLines ? middle - 8 : middle });
    setAttributes(this.detail, { x: left, y: middle + 9 });
    fitText(this.label, node.label, room, this.typeface.label, 'middle');
    fitText(this.detail, twoLines ? node.detail : '', room, this.typeface.detail, 'end');
  }

  private updateChip(node: SceneNode): void {
    const side = GLYPH_SIZE * CHIP_SCALE;
    const left = CHIP_PAD + side + GAP / 2;
    const middle = node.h / 2;
    setAttributes(this.glyph, { class: 'mandala-glyph mandala-glyph-chip', d: CHIP_GLYPH });
    setAttributes(this.glyphPlace, {
      transform: `translate(${CHIP_PAD} ${middle - side / 2}) scale(${CHIP_SCALE})`
    });
    setAttributes(this.detail, { x: left, y: middle });
    fitText(this.label, '', 0, this.typeface.label, 'middle');
    const room = Math.max(node.w - left - CHIP_PAD, 0);
    fitText(this.detail, node.label, room, this.typeface.detail, 'middle');
  }
}

/** A node in words: what it is, how often, and what happened to it. */
export function describeNode(node: SceneNode, words: Words): string {
  const what = kindInWords(node, words);
  const { counts } = node;
  if (node.kind === 'chip') {
    return what;
  }
  const parts = [what];
  if (node.detail !== '') {
    parts.push(oneLine(node.detail));
  }
  if (counts.computed + counts.cached + counts.error === 0) {
    parts.push(statusWord(node.status, words));
  } else {
    parts.push(words.__('%1 computed, %2 cached', counts.computed, counts.cached));
  }
  if (counts.error > 0) {
    parts.push(words._n('%1 error', '%1 errors', counts.error));
  }
  return parts.join(', ');
}

function kindInWords(node: SceneNode, words: Words): string {
  const name = oneLine(node.label);
  switch (node.kind) {
    case 'op':
      return words.__('operation %1', name);
    case 'var':
      return words.__('variable %1', name);
    case 'call':
      return words.__('call %1', name);
    case 'ref':
      return words.__('value %1', name);
    case 'more':
      return name;
    case 'chip':
      return words.__(
        'reference to variable %1, which stands elsewhere; choose it to go there',
        name
      );
  }
}
