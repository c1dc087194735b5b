/*
 * What jsdom lacks: Lumino's and JupyterLab's modules need DragEvent and
 * matchMedia on import; a canvas that cannot draw says so instead of logging.
 */
class DragEventStub extends Event {}

const media = {
  matches: false,
  addListener: () => undefined,
  addEventListener: () => undefined,
  removeEventListener: () => undefined
};
Object.assign(globalThis, { DragEvent: DragEventStub, matchMedia: () => media });
HTMLCanvasElement.prototype.getContext = () => null;

// jsdom lays nothing out, so there is nothing to scroll to.
Element.prototype.scrollIntoView = () => undefined;
