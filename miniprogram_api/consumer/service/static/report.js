// Finds the city of somebody who asks for it, on this device: where he stands is sent to nobody, only the city he then sees and may change.

const EARTH_KILOMETRES = 6371;
const FARTHEST_KILOMETRES = 150; // from every county seat: not in this country, or far out at sea

export function kilometresBetween(a, b) {
  const radians = (degrees) => (degrees * Math.PI) / 180;
  const across = Math.sin(radians(b.latitude - a.latitude) / 2) ** 2;
  const along = Math.sin(radians(b.longitude - a.longitude) / 2) ** 2;
  const bent = Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude));
  return 2 * EARTH_KILOMETRES * Math.asin(Math.min(1, Math.sqrt(across + bent * along)));
}

/** The code of the city whose nearest county is nearest; null where none is near. `cities`: {code: [latitude, longitude, …]}. */
export function nearestCity(cities, here) {
  let best = null;
  let least = FARTHEST_KILOMETRES;
  for (const [code, numbers] of Object.entries(cities)) {
    for (let at = 0; at < numbers.length; at += 2) {
      const away = kilometresBetween(here, { latitude: numbers[at], longitude: numbers[at + 1] });
      if (away < least) [best, least] = [code, away];
    }
  }
  return best;
}

function locate(button, list, said) {
  const failed = () => {
    said.textContent = button.dataset.failed;
    button.disabled = false;
  };
  button.disabled = true;
  said.textContent = "…";
  const found = async (position) => {
    try {
      const answer = await fetch(button.dataset.cities);
      const code = nearestCity((await answer.json()).cities, position.coords);
      if (!code || !list.querySelector(`option[value="${code}"]`)) return failed();
      list.value = code;
      said.textContent = list.selectedOptions[0].textContent;
      button.disabled = false;
    } catch {
      failed();
    }
  };
  navigator.geolocation.getCurrentPosition(found, failed, { enableHighAccuracy: false, timeout: 10000, maximumAge: 600000 });
}

const button = globalThis.document?.getElementById("locate");
if (button && navigator.geolocation) {
  button.hidden = false;
  button.addEventListener("click", () => locate(button, document.getElementById("city"), document.getElementById("located")));
}
