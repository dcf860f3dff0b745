// The report page in a real browser: it draws, says the right thing, and asks nobody for anything.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeProject } from '../../fixtures/monitor/make.ts';
import { writeLog } from '../../fixtures/monitor/make-log.ts';
import { renderReport } from '../../src/cli/render/report.ts';
import { quietContext } from '../../src/context.ts';
import { type MonitorResult, monitor } from '../../src/lifecycle/monitor.ts';

const executablePath = '/usr/bin/chromium';
let cwd: string;
const results: Record<string, MonitorResult> = {};

beforeAll(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'mlctl-report-'));
  await writeProject(cwd, 1000);
  const plans = {
    calm: { requests: 1500 },
    trouble: {
      requests: 4000,
      shiftFrom: 12,
      errorsBetween: [9, 14],
      slowBetween: [18, 18.5],
      missing: 0.03,
    },
  } as const;
  for (const [name, plan] of Object.entries(plans)) {
    writeLog(join(cwd, name), plan);
    results[name] = await monitor({ log: name }, quietContext({ cwd }));
    writeFileSync(join(cwd, `${name}.html`), await renderReport(results[name]));
  }
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

describe('the file', () => {
  it('is one page under 1 MB without script, links or inline handlers', () => {
    const text = readFileSync(join(cwd, 'trouble.html'), 'utf8');
    expect(text.length).toBeLessThan(1_000_000);
    expect(text).not.toMatch(/<script|<link|<img|<iframe|https?:|url\((?!#)| on\w+=/);
    expect(text).toContain("default-src 'none'");
  });
  it('is the same bytes for the same result', async () => {
    const calm = results.calm as MonitorResult;
    const strip = (text: string) => text.replace(/zr\d+/g, 'zr');
    expect(strip(await renderReport(calm))).toBe(strip(readFileSync(join(cwd, 'calm.html'), 'utf8')));
  });
  it('escapes what comes from the log', async () => {
    const calm = results.calm as MonitorResult;
    const hostile = '<script>alert(1)</script>"\'&';
    const page = await renderReport({
      ...calm,
      model: hostile,
      drift: calm.drift.map((row) => ({ ...row, feature: hostile })),
      distributions: calm.distributions.map((row) => ({
        ...row,
        feature: hostile,
        labels: row.labels?.map(() => hostile) ?? null,
      })),
    });
    expect(page).not.toContain('<script');
  });
  it('says so when there were no requests', async () => {
    const calm = results.calm as MonitorResult;
    const page = await renderReport({ ...calm, status: 'empty', requests: 0, throughput: [], drift: [] });
    expect(page).toContain('No requests yet');
  });
});

// Debian: apt-get install chromium.
describe.skipIf(!existsSync(executablePath))(
  'in Chromium (skipped where /usr/bin/chromium is absent)',
  () => {
    let browser: Browser;
    beforeAll(async () => {
      const flags = '--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking';
      const args = `${flags} --disable-component-update --disable-sync`.split(' ');
      browser = await chromium.launch({ executablePath, args });
    });
    afterAll(() => browser?.close());

    async function open(name: string, width: number, colorScheme: 'light' | 'dark') {
      const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
      const messages: string[] = [];
      const requests: string[] = [];
      page.on('console', (message) => messages.push(message.text()));
      page.on('pageerror', (error) => messages.push(error.message));
      page.on('request', (request) => requests.push(request.url()));
      const url = pathToFileURL(join(cwd, `${name}.html`)).href;
      await page.goto(url);
      return { page, messages, others: requests.filter((request) => request !== url) };
    }

    it.each([
      ['calm', 'Nothing to worry about'],
      ['trouble', 'The data has moved and requests are failing'],
    ])('%s: the verdict, no console messages, no requests', async (name, verdict) => {
      const { page, messages, others } = await open(name, 1100, 'light');
      expect(await page.textContent('.verdict')).toBe(verdict);
      expect(await page.title()).toBe(`load: ${verdict}`);
      expect(messages).toEqual([]);
      expect(others).toEqual([]);
      await page.close();
    });

    it('draws latency, requests, inputs over time and classes, with lines that have a length', async () => {
      const { page } = await open('trouble', 1100, 'light');
      for (const section of ['latency', 'traffic', 'drift', 'predictions']) {
        const box = await page.locator(`#${section} .chart.wide svg`).first().boundingBox();
        expect(box?.width, section).toBeGreaterThan(600);
        expect(box?.height, section).toBeGreaterThan(60);
      }
      const strokes = page.locator('#latency .wide path[stroke="var(--p50)"]');
      expect(await strokes.count()).toBeGreaterThan(0);
      const length = await page.evaluate(
        `document.querySelector('#latency .wide path[stroke="var(--p50)"]').getTotalLength()`,
      );
      expect(length).toBeGreaterThan(500);
      expect(await page.locator('#traffic .wide [fill="var(--bad)"]').count()).toBeGreaterThan(3);
      expect(await page.locator('#drift .mini').count()).toBe(4);
      expect(await page.textContent('#drift tbody tr:first-child')).toMatch(/humidity.*moved.*since 1[12]:/s);
      await page.close();
    });

    it('fits a phone, and follows the reader into the dark', async () => {
      const { page } = await open('trouble', 390, 'dark');
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
      expect(await page.locator('#latency .narrow').isVisible()).toBe(true);
      expect(await page.locator('#latency .wide').isVisible()).toBe(false);
      const light = await open('trouble', 390, 'light');
      const background = 'getComputedStyle(document.body).backgroundColor';
      expect(await page.evaluate(background)).not.toBe(await light.page.evaluate(background));
      await page.close();
      await light.page.close();
    });
  },
);
