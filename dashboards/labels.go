package dashboards

import (
	"github.com/bot-exporter/bot-exporter/collectors"
	"github.com/bot-exporter/bot-exporter/collectors/metric"
	"github.com/bot-exporter/bot-exporter/dashboards/promql"
)

// Labels of the catalogue, by their places in the definitions: a label that moves or goes makes the generation fail.
var (
	cohortLabel  = collectors.UsersCohort.Labels[2]
	sender       = collectors.Messages.Labels[2]
	inputLabel   = collectors.MessageInputs.Labels[2]
	reasonLabel  = collectors.ChatsEnded.Labels[2]
	outcomeLabel = collectors.ChatsOutcome.Labels[2]
	cause        = collectors.HandoverRequests.Labels[2]
	via          = collectors.HandoverRequests.Labels[3]
	initiator    = collectors.ChatsStarted.Labels[2]
	result       = collectors.Outreach.Labels[2]
	mixLabel     = collectors.ChatsFeedback.Labels[2]
	fromRating   = collectors.FeedbackChanges.Labels[2]
	toRating     = collectors.FeedbackChanges.Labels[3]
	fromScore    = collectors.CSATChanges.Labels[2]
	toScore      = collectors.CSATChanges.Labels[3]
	weekday      = collectors.Traffic.Labels[2]
	hour         = collectors.Traffic.Labels[3]
	element      = collectors.Clicks.Labels[2]
	target       = collectors.Clicks.Labels[4]
	agentKind    = collectors.AgentKind
	eventKind    = collectors.Events.Labels[0]
)

var rangeWindow = promql.Range

// metricOf reads a gauge of users.
type metricOf struct{ promql.Selector }

func (m metricOf) users(by ...metric.Label) promql.Expr { return users(m.Selector, by...) }

// quantile is that of a histogram over the selected range; stepQuantile over each step. Without observations there is
// no result.
func quantile(q float64, s promql.Selector) promql.Expr {
	return total(s.Buckets(), promql.LE).Quantile(q).Where(">=", promql.Number(0))
}

func stepQuantile(q float64, s promql.Selector) promql.Expr {
	return step(s.Buckets(), promql.LE).Quantile(q).Where(">=", promql.Number(0))
}

// share makes a number a share of 0 to 100 %, coloured by thresholds.
func (p *panel) share(l ...threshold) *panel {
	return p.set(unit(unitShare), decimals(1), upTo(1), byThresholds(), limits(l...))
}

// count reads counters over some window: total, step or before.
type count = func(promql.Selector, ...metric.Label) promql.Expr

// remainder is the part of a whole that is left. The two are counted at different moments, so over a short range the
// part can exceed the whole.
func remainder(whole, part promql.Expr) promql.Expr { return whole.Sub(part).Func("clamp_min", 0) }
