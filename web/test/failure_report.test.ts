import { expect, test } from 'vitest';
import { browserOf, placesIn, reportOf } from '../src/failure/report';

test('a report tells the kind of error and where, not what was typed or where one is', () => {
  const error = new TypeError('cannot read "My Name" of https://music.example/r/K7QXM?token=abc at /r/K7QXM');
  error.stack = 'TypeError: x\n    at f (https://music.example/assets/RoomPage-Bx1.js:12:345)\n    at https://music.example/assets/index-a_b.js:1:2';
  expect(reportOf(error, 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0')).toEqual({
    error: 'TypeError: cannot read "…" of URL at /r/CODE',
    at: ['RoomPage-Bx1.js:12:345', 'index-a_b.js:1:2'],
    browser: 'Firefox 128',
  });
  expect(reportOf({ secret: 1 }, '').error).toBe('a value of type object');
  expect(reportOf('x'.repeat(1000), '').error.length).toBe(200);
});

test('the places of each engine’s stacks are found', () => {
  expect(placesIn('f@https://a.example/assets/x-1.js:3:4\ng@https://a.example/assets/y.js:5:6')).toEqual(['x-1.js:3:4', 'y.js:5:6']);
  expect(placesIn('global code@https://a.example/assets/z.js:7:8')).toEqual(['z.js:7:8']);
  expect(placesIn('no stack')).toEqual([]);
});

test.each([
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0', 'Edge 126'],
  ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36', 'Chrome 126'],
  ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1', 'Safari 17'],
  ['something else', 'another browser'],
])('%s is %s', (userAgent, browser) => {
  expect(browserOf(userAgent)).toBe(browser);
});
