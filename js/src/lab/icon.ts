/*
 * The mark of mandala-lab: four petals around a middle.
 */
import { LabIcon } from '@jupyterlab/ui-components';

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 16 16">
  <g class="jp-icon3" fill="#616161">
    <circle cx="8" cy="8" r="2"/>
    <path d="M8 .8a4.4 4.4 0 0 1 1.9 4.1 3.6 3.6 0 0 0-3.8 0A4.4 4.4 0 0 1 8 .8z"/>
    <path d="M15.2 8a4.4 4.4 0 0 1-4.1 1.9 3.6 3.6 0 0 0 0-3.8A4.4 4.4 0 0 1 15.2 8z"/>
    <path d="M8 15.2a4.4 4.4 0 0 1-1.9-4.1 3.6 3.6 0 0 0 3.8 0A4.4 4.4 0 0 1 8 15.2z"/>
    <path d="M.8 8a4.4 4.4 0 0 1 4.1-1.9 3.6 3.6 0 0 0 0 3.8A4.4 4.4 0 0 1 .8 8z"/>
  </g>
</svg>`;

/** The icon of the panel and its settings. */
export const mandalaIcon = new LabIcon({ name: 'mandala-lab:icon', svgstr: SVG });
