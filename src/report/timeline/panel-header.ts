import { describeFinding, describeSetting, verdictInWords } from '../text/phrases.ts';
import type { Panel, Picture } from './picture.ts';
import { shorten, textWidth, wrap } from './labels.ts';
import { MARGIN, VERDICT_COLOURS, WIDTH } from './style.ts';
import { roundBox } from './svg.ts';

const ROOM = WIDTH - 2 * MARGIN;
const BADGE_HEIGHT = 24;
const LINE_HEIGHT = 18;

/** What was tried, on what, and what came of it, in words. */
export function headerPanel({ run, result, faults }: Picture): Panel {
  const badge = result.verdict.toUpperCase();
  const badgeWidth = textWidth(badge, 14) + 26;
  const labels = new Map(faults.map((fault) => [fault.id, fault.label]));
  const worst = result.findings.toSorted((a, b) => weight(b) - weight(a))[0];
  // A finding says itself what the reasons of an invalid verdict say, and more.
  const reasons = result.verdict === 'invalid' && worst !== undefined ? [] : result.reasons;
  const story = wrap(reasons.join(' '), 13, ROOM, 2);
  if (worst !== undefined) {
    story.push(...wrap(describeFinding(worst, labels), 13, ROOM, 3));
    const others = result.findings.length - 1;
    if (others > 0)
      story.push(others === 1 ? 'There is 1 more finding.' : `There are ${others} more findings.`);
  }
  return {
    height: 112 + story.length * LINE_HEIGHT,
    draw: (pen, top) => {
      pen.text(MARGIN, top + 38, shorten(run.info.scenario.title, 22, ROOM), 'title');
      const setting = `${describeSetting(run.info)} · run ${run.info.run} · ${run.info.startedAt}`;
      pen.text(MARGIN, top + 58, shorten(setting, 12.5, ROOM), 'setting');
      const badgeTop = top + 72;
      pen.path(roundBox(MARGIN, badgeTop, badgeWidth, BADGE_HEIGHT, 5), 'badge', {
        fill: VERDICT_COLOURS[result.verdict],
      });
      pen.text(MARGIN + badgeWidth / 2, badgeTop + 17, badge, 'badge-text', { 'text-anchor': 'middle' });
      pen.text(MARGIN + badgeWidth + 12, badgeTop + 17, verdictInWords(result), 'verdict');
      for (const [index, line] of story.entries()) {
        pen.text(MARGIN, badgeTop + BADGE_HEIGHT + 19 + index * LINE_HEIGHT, line, 'story');
      }
    },
  };
}

/** Violations before what is permitted, losses before the rest, many before few. */
function weight(finding: Picture['result']['findings'][number]): number {
  const rank = finding.judgement === 'violation' ? 2 : 0;
  return (rank + (finding.kind.startsWith('lost') ? 1 : 0)) * 1e12 + finding.count;
}
