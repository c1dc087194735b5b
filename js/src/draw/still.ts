/*
 * A still picture of a scene, scaled to its frame: for comparisons side by side.
 * It never pans or zooms, so a viewBox is the right means here.
 */
import type { Scene } from '../schema/messages';
import type { Words } from '../state/words';
import { EdgeMark } from './edge-mark';
import { NodeMark } from './node-mark';
import { SceneIndex } from './scene-index';
import { svgElement } from './svg';
import { labelTypeface } from './text';

const MARGIN = 8;

/** Draw a scene once; nodes in `marked` are brought out. */
export function stillPicture(
  scene: Scene,
  name: string,
  marked: ReadonlySet<string>,
  words: Words
): SVGSVGElement {
  const width = scene.width + 2 * MARGIN;
  const height = scene.height + 2 * MARGIN;
  const picture = svgElement('svg', {
    class: 'mandala-scene mandala-still',
    viewBox: `${-MARGIN} ${-MARGIN} ${width} ${height}`,
    role: 'img',
    'aria-label': name
  });
  const index = new SceneIndex(scene);
  for (const edge of scene.edges) {
    const mark = new EdgeMark();
    mark.update(edge, index);
    picture.append(mark.element);
  }
  for (const node of scene.nodes) {
    const mark = new NodeMark(words, labelTypeface());
    mark.update(node);
    mark.element.classList.toggle('mandala-selected', marked.has(node.id));
    mark.element.removeAttribute('tabindex');
    mark.element.setAttribute('aria-hidden', 'true');
    picture.append(mark.element);
  }
  return picture;
}
