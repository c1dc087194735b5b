/*
 * NodeActions: what can be done with the chosen node of a picture: open it into its
 * elements or close it, fold away what leads to it or what follows. Decides nothing:
 * ViewState asks for the view.
 */
import type { SceneIndex } from '../draw/scene-index';
import type { SceneNode } from '../schema/messages';
import { SIDES } from '../state/view';
import type { Side, ViewState } from '../state/view';
import type { Words } from '../state/words';
import { button, html } from './dom';

/** The buttons for the chosen node. */
export class NodeActions {
  readonly element = html('div', 'mandala-node-actions');

  constructor(
    private readonly view: ViewState,
    private readonly words: Words
  ) {
    this.element.setAttribute('role', 'group');
    this.element.setAttribute('aria-label', words.__('What to show of this node'));
  }

  /** Offer what can be done with a node; the focus stays on the button that has it. */
  update(id: string, index: SceneIndex): void {
    const node = index.nodes.get(id);
    const buttons = [
      ...this.openButton(id, node),
      ...(node && node.kind !== 'chip' ? SIDES.map(side => this.foldButton(node, side, index)) : [])
    ];
    this.element.hidden = buttons.length === 0;
    const focused = focusedAction(this.element);
    this.element.replaceChildren(...buttons);
    if (focused !== '') {
      const again = buttons.find(one => one.dataset.action === focused && !one.disabled);
      (again ?? buttons.find(one => !one.disabled))?.focus();
    }
  }

  private openButton(id: string, node: SceneNode | undefined): HTMLButtonElement[] {
    const { view, words } = this;
    const group = node?.group || id;
    if (view.isOpen(group)) {
      const name = group.slice(group.indexOf(':') + 1);
      return [this.action('open', words.__('Close %1', name), () => view.toggleOpen(group, id))];
    }
    if (node?.kind !== 'op' && node?.kind !== 'var') {
      return [];
    }
    const { total } = node.counts;
    const label =
      node.kind === 'op'
        ? words._n('Open its %1 call', 'Open its %1 calls', total)
        : words._n('Open its %1 value', 'Open its %1 values', total);
    return [this.action('open', label, () => view.toggleOpen(id))];
  }

  private foldButton(node: SceneNode, side: Side, index: SceneIndex): HTMLButtonElement {
    const { view, words } = this;
    const isFolded = view.isFolded(node.id, side);
    const count = side === 'before' ? node.hiddenBefore : node.hiddenAfter;
    const labels: Record<Side, [string, string]> = {
      before: [words.__('Hide what leads here'), words.__('Show what leads here (%1)', count)],
      after: [words.__('Hide what follows'), words.__('Show what follows (%1)', count)]
    };
    const label = labels[side][isFolded ? 1 : 0];
    const made = this.action(side, label, () => view.toggleFold(node.id, side));
    const direction = side === 'before' ? 'in' : 'out';
    made.disabled = !isFolded && index.neighbours(node.id, direction).length === 0;
    return made;
  }

  private action(name: string, label: string, run: () => Promise<void>): HTMLButtonElement {
    const made = button(label, () => void run());
    made.dataset.action = name;
    return made;
  }
}

function focusedAction(root: HTMLElement): string {
  const { activeElement } = document;
  const isHere = activeElement instanceof HTMLElement && root.contains(activeElement);
  return isHere ? (activeElement.dataset.action ?? '') : '';
}
