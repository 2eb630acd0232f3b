package reference

import (
	"slices"

	"github.com/mileusna/useragent"
)

const (
	unknown     = "unknown" // nothing was named
	otherClient = "other"   // a user agent told something that is not known
)

// What a user agent can tell. The definitions ask for a closed list and leave open which.
var (
	knownDevices  = []string{"desktop", "mobile", "tablet", "bot"}
	knownBrowsers = []string{
		useragent.Chrome, useragent.HeadlessChrome, useragent.Firefox, useragent.Safari, useragent.Edge, useragent.Opera,
		useragent.OperaMini, useragent.OperaTouch, useragent.InternetExplorer, useragent.Vivaldi, useragent.SamsungBrowser,
		useragent.FacebookApp, useragent.InstagramApp, useragent.TiktokApp, "Huawei Browser", "Miui Browser", "Android browser",
		useragent.BlackBerry, useragent.NetFront, useragent.Googlebot, useragent.GoogleAdsBot, useragent.Applebot, useragent.Bingbot,
		useragent.YandexBot, useragent.YandexAdNet, useragent.Twitterbot, useragent.FacebookExternalHit, "Bytespider",
		"MicroMessenger", "Whale", "YaBrowser",
	}
)

// deviceAndBrowser that an event names: as given, else as its user agent tells, else empty. What a user agent tells is a name of a
// closed list, else "other".
//
// Decision: names given in device and browser are free, and limited as labels only.
func (ev event) deviceAndBrowser(opt Options) (device, browser string) {
	device, browser = ev.device, ev.browser
	if ev.userAgent == "" {
		return device, browser
	}
	parsed := useragent.Parse(ev.userAgent)
	return firstOf(device, knownOf(opt.Devices, deviceOf(parsed))), firstOf(browser, knownOf(opt.Browsers, parsed.Name))
}

func knownOf(list []string, name string) string {
	if slices.Contains(list, name) {
		return name
	}
	return otherClient
}

func deviceOf(parsed useragent.UserAgent) string {
	switch {
	case parsed.Tablet:
		return "tablet"
	case parsed.Mobile:
		return "mobile"
	case parsed.Desktop:
		return "desktop"
	case parsed.Bot:
		return "bot"
	}
	return ""
}
