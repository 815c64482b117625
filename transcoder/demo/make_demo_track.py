#!/usr/bin/env python3
"""Synthesises the demo track as 16-bit stereo WAV at 48 kHz on standard output.

A slow arpeggio over four chords with a bell and a soft bass, never repeating itself exactly (a fixed seed varies timing,
loudness and ornaments), so that listeners, and cross-correlation, can tell every instant from every other.

    make_demo_track.py | ffmpeg -i - -c:a libopus -b:a 112k demo.opus
"""
import array
import math
import random
import sys
import wave

RATE = 48_000
SECONDS = 48
BEAT = 60 / 84
CHORDS = [(57, 60, 64, 67, 71), (53, 57, 60, 64, 69), (48, 55, 60, 64, 67), (55, 59, 62, 66, 69)]

left = array.array("d", bytes(8 * RATE * SECONDS))
right = array.array("d", bytes(8 * RATE * SECONDS))


def hertz(note):
    return 440 * 2 ** ((note - 69) / 12)


def strike(start, note, loudness, length, pan, partials):
    """Adds a decaying tone: partials are (ratio, amplitude, decay per second)."""
    first = int(start * RATE)
    count = min(int(length * RATE), RATE * SECONDS - first)
    for ratio, amplitude, decay in partials:
        step = 2 * math.pi * hertz(note) * ratio / RATE
        fade = math.exp(-decay / RATE)
        level = loudness * amplitude
        gain_left, gain_right = math.cos(pan * math.pi / 2), math.sin(pan * math.pi / 2)
        attack = int(0.006 * RATE)
        for i in range(count):
            value = level * math.sin(step * i)
            if i < attack:
                value *= i / attack
            elif i > count - 480:
                value *= (count - i) / 480
            left[first + i] += value * gain_left
            right[first + i] += value * gain_right
            level *= fade


def main():
    dice = random.Random(2024)
    pluck = [(1, 1, 2.6), (2.001, 0.34, 4.2), (3.003, 0.12, 7)]
    bell = [(1, 1, 1.3), (2.76, 0.3, 2.4)]
    bass = [(1, 1, 0.9), (2, 0.2, 2)]
    bars = int((SECONDS - 4) / (4 * BEAT))
    for bar in range(bars):
        chord = CHORDS[bar % len(CHORDS)]
        begin = bar * 4 * BEAT
        strike(begin, chord[0] - 12, 0.2, 4 * BEAT, 0.5, bass)
        for eighth in range(8):
            note = dice.choice(chord[1:]) + (12 if dice.random() < 0.35 else 0)
            when = begin + eighth * BEAT / 2 + dice.uniform(0, 0.018)
            strike(when, note, dice.uniform(0.09, 0.15), 1.7, dice.uniform(0.25, 0.75), pluck)
        if dice.random() < 0.7:
            strike(begin + dice.choice([1, 2, 2.5, 3]) * BEAT, dice.choice(chord) + 24, 0.05, 2.6, dice.uniform(0.1, 0.9), bell)
    for i, (a, b) in enumerate(((57, 0.3), (64, 0.45), (69, 0.6), (72, 0.7))):
        strike(bars * 4 * BEAT + i * 0.09, a, 0.14, 3, b, pluck)

    peak = max(max(map(abs, left)), max(map(abs, right)))
    samples = array.array("h")
    for pair in zip(left, right):
        samples.extend(int(value / peak * 0.8 * 32767) for value in pair)
    with wave.open(sys.stdout.buffer, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.setnframes(RATE * SECONDS)
        out.writeframesraw(samples.tobytes())


main()
