#!/bin/sh
# The recordings of test/fixtures/media/audio, and one of them in every other format.
# Made with espeak-ng 1.51 and ffmpeg 5.1.9 (Debian 12): sh reference/audio_recordings.sh
set -eu
out="$(dirname "$0")/../test/fixtures/media/audio"
mkdir -p "$out"
encode() {
  from=$1
  shift
  ffmpeg -loglevel error -y -i "$from" -map_metadata -1 -fflags +bitexact -flags:a +bitexact "$@"
}
say() {
  espeak-ng -v "$1" -s 180 -w "$out/raw.wav" "$2"
  encode "$out/raw.wav" -ar 16000 -ac 1 -sample_fmt s16 "$out/$3.wav"
  rm "$out/raw.wav"
}
say en-us seven seven
say en-gb "turn left" turn-left
encode "$out/seven.wav" -c:a libmp3lame -b:a 32k "$out/seven.mp3"
encode "$out/seven.wav" -c:a flac "$out/seven.flac"
encode "$out/seven.wav" -c:a libvorbis -q:a 3 "$out/seven.ogg"
encode "$out/seven.wav" -c:a libopus -b:a 24k "$out/seven.opus"
encode "$out/seven.wav" -c:a aac -b:a 32k -f adts "$out/seven.aac"
encode "$out/seven.wav" -c:a aac -b:a 32k "$out/seven.m4a"
