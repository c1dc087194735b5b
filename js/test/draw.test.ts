import { beforeEach, describe, expect, it } from 'vitest';
import { Camera } from '../src/draw/camera';
import { edgeShape } from '../src/draw/curve';
import { EdgeMark } from '../src/draw/edge-mark';
import { SceneIndex } from '../src/draw/scene-index';
import { SceneView } from '../src/draw/scene-view';
import { stillPicture } from '../src/draw/still';
import { fitText, oneLine, shorten } from '../src/draw/text';
import { nodeTowards } from '../src/draw/walk';
import { plainWords } from '../src/state/words';
import { chain, edge, HOSTILE, node, sceneOf } from './samples';

describe('EdgeMark', () => {
  it('keeps the labels of two edges apart that go there and back', () => {
    const there = edge('op:f', 'var:y', {
      points: [
        [60, 40],
        [60, 80]
      ]
    });
    const back = edge('var:y', 'op:f', {
      points: [
        [74, 80],
        [74, 40]
      ]
    });
    const index = new SceneIndex(sceneOf([node('op:f'), node('var:y', { y: 80 })], [there, back]));
    const [left, right] = [there, back].map(one => {
      const mark = new EdgeMark();
      mark.update(one, index);
      return mark.element.querySelector('text')!;
    });
    expect(left!.getAttribute('data-aside')).toBe('-1');
    expect(right!.getAttribute('data-aside')).toBe('1');
    expect(Number(left!.getAttribute('x'))).toBeLessThan(60);
    expect(Number(right!.getAttribute('x'))).toBeGreaterThan(74);
    const mark = new EdgeMark();
    mark.update(there, new SceneIndex(sceneOf([node('op:f'), node('var:y')], [there])));
    expect(mark.element.querySelector('text')!.hasAttribute('data-aside')).toBe(false);
  });
});

const perLetter = (text: string): number => Array.from(text).length * 10;

describe('shorten', () => {
  it('keeps what fits, and cuts in the middle or at the end', () => {
    expect(shorten('short', 100, perLetter, 'middle')).toBe('short');
    expect(shorten('a_rather_long_name', 90, perLetter, 'middle')).toBe('a_ra…name');
    expect(shorten('a_rather_long_name', 90, perLetter, 'end')).toBe('a_rather…');
  });

  it('shows marks that would reorder a label as such', () => {
    expect(oneLine('a\nb \u202eevil\u2066')).toBe('a b \ufffdevil\ufffd');
  });

  it('does not split a pair of surrogates', () => {
    expect(shorten('🙂🙂🙂🙂🙂🙂', 40, perLetter, 'middle')).toBe('🙂🙂…🙂');
  });
});

describe('fitText', () => {
  it('sets a text narrower before it leaves any of it out', () => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', 'text');
    fitText(element, '10000 values', 100, perLetter, 'end');
    expect([element.textContent, element.getAttribute('textLength')]).toEqual([
      '10000 values',
      '100.0'
    ]);
    fitText(element, '10000 values', 80, perLetter, 'end');
    expect(element.textContent).toBe('10000 v…');
  });
});

describe('edgeShape', () => {
  it('is a smooth curve along the flow and points at the target', () => {
    const shape = edgeShape(
      [
        [0, 0],
        [50, 50],
        [0, 100]
      ],
      true
    );
    expect(shape.line).toMatch(/^M0 0 C/);
    expect(shape.line.match(/C/g)).toHaveLength(2);
    expect(shape.head.startsWith('M0 100 L')).toBe(true);
  });

  it('falls back to straight stretches where the route turns back', () => {
    const shape = edgeShape(
      [
        [0, 0],
        [50, -50],
        [100, 20]
      ],
      true
    );
    expect(shape.line).not.toContain('C');
    expect(shape.line).not.toContain('NaN');
  });

  it('draws even when all points are one', () => {
    const shape = edgeShape(
      [
        [5, 5],
        [5, 5]
      ],
      true
    );
    expect(shape.line + shape.head).not.toContain('NaN');
  });
});

describe('Camera', () => {
  it('fits a scene without enlarging it', () => {
    const camera = new Camera();
    camera.fit({ width: 100, height: 100 }, { width: 400, height: 300 });
    expect([camera.k, camera.x, camera.y]).toEqual([1, 150, 100]);
  });

  it('makes a long scene legible, and keeps a wide one within the view', () => {
    const camera = new Camera();
    const view = { width: 632, height: 432 };
    const scales = [
      [400, 2000], // long: as legible as wanted
      [1000, 700], // wide: as large as its width allows
      [4000, 700] // too wide: no smaller than the least
    ].map(([width, height]) => {
      camera.fit({ width: width!, height: height! }, view, 0.5, 0.75);
      return camera.k;
    });
    expect(scales).toEqual([0.75, 0.6, 0.5]);
  });

  it('keeps the point under the pointer when zooming', () => {
    const camera = new Camera();
    camera.pan(10, 20);
    const sceneX = (200 - camera.x) / camera.k;
    camera.zoom(2, { x: 200, y: 50 });
    expect((200 - camera.x) / camera.k).toBeCloseTo(sceneX);
  });
});

describe('nodeTowards', () => {
  it('follows an edge before it takes the nearest stranger', () => {
    const scene = chain();
    scene.nodes.push(node('var:stranger', { x: 10, y: 60 }));
    const index = new SceneIndex(scene);
    expect(nodeTowards(index, 'var:x', 'down')).toBe('op:f');
    expect(nodeTowards(index, 'var:x', 'up')).toBeNull();
  });
});

describe('Camera', () => {
  it('shows nodes of a slanting scene rather than its empty middle', () => {
    const camera = new Camera();
    const view = { width: 300, height: 300 };
    const scene = { width: 3000, height: 3000 };
    camera.fit(scene, view, 0.5);
    camera.centre([{ x: 0, y: 0, w: 100, h: 40 }], scene, view);
    const seen = camera.seen(view, 0);
    expect(seen.x).toBeLessThan(0);
    expect(seen.x + seen.w).toBeGreaterThan(100);
    camera.fit({ width: 200, height: 3000 }, view, 0.5);
    const { x } = camera;
    camera.centre([{ x: 0, y: 0, w: 10, h: 40 }], { width: 200, height: 3000 }, view);
    expect(camera.x).toBe(x);
  });
});

describe('SceneView', () => {
  let view: SceneView;
  const mark = (id: string): Element => view.element.querySelector(`[data-id="${id}"]`)!;
  const press = (key: string): void => {
    const target = view.element.querySelector('[tabindex="0"]') ?? view.element;
    target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  };
  beforeEach(() => {
    view = new SceneView({ words: plainWords, name: 'Graph', place: 'panel' });
    document.body.replaceChildren(view.element);
    view.update(chain());
  });

  it('has the roles of a graphic', () => {
    expect(view.element.getAttribute('role')).toBe('graphics-document');
    expect(mark('op:f').getAttribute('role')).toBe('graphics-symbol');
    expect(mark('op:f').getAttribute('aria-label')).toBe(
      'operation f, 2 calls, 2 computed, 0 cached'
    );
  });

  it('keeps the elements of what stays', () => {
    const before = mark('op:f');
    const scene = chain();
    scene.nodes[1] = node('op:f', { y: 90, status: 'error', label: 'renamed' });
    scene.nodes.push(node('var:z', { y: 240 }));
    view.update(scene);
    expect(mark('op:f')).toBe(before);
    expect(before.getAttribute('transform')).toBe('translate(0 90)');
    expect(before.classList).toContain('mandala-is-error');
    expect(before.querySelector('.mandala-label')?.textContent).toBe('renamed');
    expect(mark('var:z')).not.toBeNull();
  });

  it('takes away what is gone', () => {
    const scene = chain();
    view.update({ ...scene, nodes: scene.nodes.slice(0, 2), edges: scene.edges.slice(0, 1) });
    expect(view.element.querySelectorAll('.mandala-node')).toHaveLength(2);
    expect(view.element.querySelectorAll('.mandala-edge')).toHaveLength(1);
  });

  it('shows hostile labels as text', () => {
    const scene = chain();
    scene.nodes[0] = node('var:x', { label: HOSTILE, detail: HOSTILE, w: 4000 });
    scene.edges[0] = edge('var:x', 'op:f', { label: HOSTILE });
    view.update(scene);
    expect(mark('var:x').querySelector('.mandala-label')?.textContent).toBe(HOSTILE);
    expect(document.querySelector('img, script')).toBeNull();
    expect('harmed' in globalThis).toBe(false);
  });

  it('keeps control characters out of labels', () => {
    const scene = chain();
    scene.nodes[0] = node('var:x', { label: 'a\u0000b\nc' });
    view.update(scene);
    expect(mark('var:x').querySelector('.mandala-label')?.textContent).toBe('a b c');
  });

  it('has one stop for the tab key and walks with the arrows', () => {
    expect(view.element.querySelectorAll('[tabindex="0"]')).toHaveLength(1);
    expect(mark('var:x').getAttribute('tabindex')).toBe('0');
    press('ArrowDown');
    expect(document.activeElement).toBe(mark('op:f'));
    expect(mark('var:x').getAttribute('tabindex')).toBe('-1');
    press('End');
    expect(document.activeElement).toBe(mark('var:y'));
    press('Home');
    expect(document.activeElement).toBe(mark('var:x'));
  });

  it('tells what Enter, Escape and a click choose', () => {
    const chosen: string[] = [];
    view.chosen.connect(id => chosen.push(id));
    press('ArrowDown');
    press('Enter');
    press('Escape');
    mark('var:y')
      .querySelector('text')!
      .dispatchEvent(new MouseEvent('click', { bubbles: true }));
    view.element.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    expect(chosen).toEqual(['op:f', '', 'var:y', '']);
  });

  it('brings out the selected node with its neighbours', () => {
    view.select('var:x');
    expect(mark('var:x').getAttribute('aria-current')).toBe('true');
    expect(mark('op:f').classList).toContain('mandala-near');
    expect(mark('var:y').classList).not.toContain('mandala-near');
    expect(view.element.classList).not.toContain('mandala-dimmed');
  });

  it('dims the rest only under the pointer', () => {
    const over = new Event('pointermove', { bubbles: true });
    mark('op:f').dispatchEvent(over);
    expect(view.element.classList).toContain('mandala-dimmed');
    view.element.dispatchEvent(new Event('pointerleave'));
    expect(view.element.classList).not.toContain('mandala-dimmed');
  });

  it('never pans by viewBox', () => {
    view.zoom(1);
    view.fit();
    expect(view.element.hasAttribute('viewBox')).toBe(false);
    expect(view.element.querySelector('.mandala-world')?.getAttribute('transform')).toContain(
      'scale'
    );
  });

  it('draws only what is near the view when there are many nodes', () => {
    const nodes = Array.from({ length: 3000 }, (_, i) => node(`op:n${i}`, { y: i * 80 }));
    view.update({ version: 1, width: 120, height: 240_000, nodes, edges: [] });
    const drawn = view.element.querySelectorAll('.mandala-node').length;
    expect(drawn).toBeGreaterThan(3);
    expect(drawn).toBeLessThan(60);
    view.focusNode('op:n2900');
    expect(document.activeElement).toBe(mark('op:n2900'));
  });
});

describe('stillPicture', () => {
  it('draws a scene as one image with marked nodes', () => {
    const picture = stillPicture(chain(), 'After', new Set(['var:y']), plainWords);
    expect(picture.getAttribute('role')).toBe('img');
    expect(picture.querySelectorAll('.mandala-selected')).toHaveLength(1);
    expect(picture.querySelector('[tabindex]')).toBeNull();
  });
});
