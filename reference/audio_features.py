"""Audio features, resampling and Griffin-Lim, for test/media/audio/*.test.ts.

Versions: transformers 5.18.0, torch 2.13.0 (CPU), numpy 2.4.6, safetensors 0.8.0.
Run:      python reference/audio_features.py

log-mel and fbank come from transformers (WhisperFeatureExtractor, the numpy path of
Speech2TextFeatureExtractor and ASTFeatureExtractor). torchaudio and librosa were not at hand: the
resampler, the TTS mel and Griffin-Lim are derived anew below, in float64, from the formulas that
torchaudio 2.x documents (functional.resample, functional.griffinlim) on torch's own stft and istft.
"""

import math
import wave
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import WhisperFeatureExtractor
from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

root = Path(__file__).parent.parent / "test/fixtures/media/audio"


def read(name):
    with wave.open(str(root / name)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        data = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
        return (data / 32768).astype(np.float32), file.getframerate()


out = {}
for name in ["seven", "turn-left"]:
    samples, rate = read(f"{name}.wav")
    for mels in [80, 128]:
        whisper = WhisperFeatureExtractor(feature_size=mels)
        features = whisper(samples, sampling_rate=rate, padding="longest", return_tensors="np")
        out[f"logmel{mels}/{name}"] = features.input_features[0].T
    # What transformers runs where torchaudio is missing; both are meant to be the same numbers.
    filters = mel_filter_bank(
        257, 80, 20, rate // 2, rate, norm=None, mel_scale="kaldi", triangularize_in_mel_space=True
    )
    for window, gain in [("povey", 2**15), ("hann", 1)]:
        out[f"fbank-{window}/{name}"] = spectrogram(
            samples * np.float32(gain),
            window_function(400, window, periodic=False),
            frame_length=400,
            hop_length=160,
            fft_length=512,
            power=2.0,
            center=False,
            preemphasis=0.97,
            mel_filters=filters,
            log_mel="log",
            mel_floor=1.192092955078125e-07,
            remove_dc_offset=True,
        ).T.astype(np.float32)

# Whisper's 30 seconds: the whole is padded with zeros. Every 50th frame will do.
samples, rate = read("seven.wav")
features = WhisperFeatureExtractor(feature_size=80)(samples, sampling_rate=rate, return_tensors="np")
out["logmel-30s/seven"] = features.input_features[0].T[::50]


def resample(samples, old, new, zero_crossings=6, roll_off=0.99):
    divisor = math.gcd(old, new)
    old, new = old // divisor, new // divisor
    base = min(old, new) * roll_off
    width = math.ceil(zero_crossings * old / base)
    x = np.arange(-width, width + old, dtype=np.float64) / old
    t = (np.arange(0, -new, -1)[:, None] / new + x[None]) * base
    t = np.clip(t, -zero_crossings, zero_crossings)
    kernels = np.sinc(t) * np.cos(t * math.pi / zero_crossings / 2) ** 2 * base / old
    padded = torch.nn.functional.pad(
        torch.from_numpy(samples.astype(np.float64))[None, None], (width, width + old)
    )
    result = torch.nn.functional.conv1d(padded, torch.from_numpy(kernels)[:, None], stride=old)
    length = math.ceil(new * len(samples) / old)
    return result[0].T.reshape(-1)[:length].numpy().astype(np.float32)


for new in [8000, 22050, 48000, 44100, 11025, 15999]:
    out[f"resample/{new}"] = resample(samples[4000:5000], rate, new)
out["resample/44100-16000"] = resample(samples[3000:6000], 44100, 16000)

# fairseq's TTS targets: magnitudes of 1024 points every 256, 80 slaney mels, natural logarithm.
tts = dict(fft=1024, hop=256, mels=80, low=20, high=8000, floor=1e-5)
filters = mel_filter_bank(
    513, tts["mels"], tts["low"], tts["high"], 22050, norm="slaney", mel_scale="slaney"
)
high = resample(samples, rate, 22050).astype(np.float64)
window = torch.hann_window(tts["fft"], dtype=torch.float64)
spectrum = torch.stft(
    torch.from_numpy(high), tts["fft"], tts["hop"], window=window, return_complex=True
)
mel = filters.T @ spectrum.abs().numpy()
out["tts/samples"] = high.astype(np.float32)
out["tts/mel"] = np.log(np.maximum(mel, tts["floor"])).T.astype(np.float32)
# The pseudo-inverse gives negative magnitudes too; none is below 0 in a spectrum.
inverse = np.maximum(np.linalg.pinv(filters.T) @ np.exp(out["tts/mel"].T.astype(np.float64)), 0)
out["tts/magnitudes"] = inverse.T.astype(np.float32)


def griffin_lim(magnitudes, fft, hop, iterations, momentum):
    window = torch.hann_window(fft, dtype=torch.float64)
    angles = torch.ones_like(magnitudes, dtype=torch.complex128)
    previous = torch.zeros_like(angles)
    for _ in range(iterations):
        signal = torch.istft(magnitudes * angles, fft, hop, window=window)
        rebuilt = torch.stft(signal, fft, hop, window=window, return_complex=True)
        angles = rebuilt - previous * (momentum / (1 + momentum))
        angles = angles / (angles.abs() + 1e-16)
        previous = rebuilt
    return torch.istft(magnitudes * angles, fft, hop, window=window)


clip = torch.from_numpy(samples[3200:8320].astype(np.float64))
window = torch.hann_window(256, dtype=torch.float64)
magnitudes = torch.stft(clip, 256, 64, window=window, return_complex=True).abs().float()
out["griffin-lim/magnitudes"] = magnitudes.T.numpy()
for momentum in [0, 0.99]:
    signal = griffin_lim(magnitudes.double(), 256, 64, 4, momentum)
    out[f"griffin-lim/{momentum}"] = signal.float().numpy()

# safetensors writes memory as it lies: transposed views must be copied first.
out = {name: np.ascontiguousarray(array) for name, array in out.items()}
save_file(out, root / "features.safetensors")
