/*
 * The script of an exported page: takes the data that lies in it, and puts the
 * interactive graph, details and table in the place of the still picture.
 */
import { REPORT_VERSION } from './schema/messages';
import type { Report } from './schema/messages';
import { readScene } from './state/check';
import { plainWords } from './state/words';
import { ReportView } from './views/report-view';

function start(): void {
  const place = document.getElementById('report');
  const report = JSON.parse(
    document.getElementById('data')?.textContent ?? 'null'
  ) as Report | null;
  if (place && report?.version === REPORT_VERSION && readScene(report.scene) !== null) {
    place.replaceChildren(...new ReportView(report, plainWords).elements);
  }
}

start();
