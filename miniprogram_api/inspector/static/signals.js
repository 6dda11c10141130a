// A sound and a shake for every hit: gloves, noise, no eyes on the screen.

let audio = null;

export function wake() {
  try {
    audio ??= new AudioContext();
    if (audio.state === "suspended") audio.resume();
  } catch { /* a phone without sound still shakes */ }
}

function tone(frequency, from, seconds) {
  const [source, volume] = [audio.createOscillator(), audio.createGain()];
  source.frequency.value = frequency;
  volume.gain.setValueAtTime(0.2, audio.currentTime + from);
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + from + seconds);
  source.connect(volume).connect(audio.destination);
  source.start(audio.currentTime + from);
  source.stop(audio.currentTime + from + seconds);
}

export function hit() {
  if (audio?.state === "running") tone(1760, 0, 0.12);
  if (navigator.userActivation?.hasBeenActive !== false) navigator.vibrate?.(60);
}

export function refuse() {
  if (audio?.state === "running") [0, 0.18].forEach((from) => tone(220, from, 0.16));
  if (navigator.userActivation?.hasBeenActive !== false) navigator.vibrate?.([90, 60, 90]);
}
