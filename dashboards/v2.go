package dashboards

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	v2 "github.com/grafana/grafana-foundation-sdk/go/dashboardv2beta1"
	"github.com/grafana/grafana-foundation-sdk/go/datasource"
	"github.com/grafana/grafana-foundation-sdk/go/prometheus"
	"github.com/grafana/grafana-foundation-sdk/go/resource"
)

// Manifest is the dashboard as a resource of Grafana's v2beta1 schema, for tools that apply resources. It is derived from
// the v1 dashboard, so that both show the same: options and fields of panels have the same form in both.
func (d Dashboard) Manifest() (resource.Manifest, error) {
	spec := v2.NewDashboard()
	spec.Title, spec.Description, spec.Tags = *d.V1.Title, d.V1.Description, d.V1.Tags
	spec.Editable, spec.CursorSync = ptr(false), v2.DashboardCursorSyncCrosshair
	spec.TimeSettings = *v2.NewTimeSettingsSpec()
	spec.TimeSettings.From, spec.TimeSettings.To = d.V1.Time.From, d.V1.Time.To
	spec.TimeSettings.AutoRefresh, spec.TimeSettings.Timezone = *d.V1.Refresh, d.V1.Timezone
	spec.TimeSettings.WeekStart = ptr(v2.TimeSettingsSpecWeekStartMonday)
	spec.Elements = map[string]v2.Element{}
	var errs []error
	for _, l := range d.V1.Links {
		var link v2.DashboardLink
		errs = append(errs, convert(l, &link))
		spec.Links = append(spec.Links, link)
	}
	for i := range d.V1.Annotations.List {
		spec.Annotations = append(spec.Annotations, annotationV2(&d.V1.Annotations.List[i]))
	}
	for i := range d.V1.Templating.List {
		kind, err := variableV2(&d.V1.Templating.List[i])
		spec.Variables, errs = append(spec.Variables, kind), append(errs, err)
	}
	rows := []v2.RowsLayoutRowKind{}
	top := uint32(0)
	for _, p := range d.V1.Panels {
		if p.RowPanel != nil {
			top = p.RowPanel.GridPos.Y + 1
			rows = append(rows, row(*p.RowPanel.Title))
			continue
		}
		if len(rows) == 0 {
			rows = append(rows, row(""))
		}
		name := fmt.Sprintf("panel-%d", *p.Panel.Id)
		panel, err := panelV2(*p.Panel)
		errs = append(errs, err)
		spec.Elements[name] = v2.Element{PanelKind: &panel}
		g := p.Panel.GridPos
		item := *v2.NewGridLayoutItemKind()
		item.Spec = v2.GridLayoutItemSpec{
			X: int64(g.X), Y: int64(g.Y - top), Width: int64(g.W), Height: int64(g.H),
			Element: v2.ElementReference{Kind: "ElementReference", Name: name},
		}
		grid := rows[len(rows)-1].Spec.Layout.GridLayoutKind
		grid.Spec.Items = append(grid.Spec.Items, item)
	}
	layout := v2.NewRowsLayoutKind()
	layout.Spec.Rows = rows
	spec.Layout.RowsLayoutKind = layout
	return resource.Manifest{
		ApiVersion: resource.DashboardV2Beta1, Kind: resource.DashboardKind,
		Metadata: resource.Metadata{Name: d.UID}, Spec: spec,
	}, errors.Join(errs...)
}

func row(title string) v2.RowsLayoutRowKind {
	r := *v2.NewRowsLayoutRowKind()
	r.Spec.Title, r.Spec.Collapse, r.Spec.HideHeader = &title, ptr(false), ptr(title == "")
	r.Spec.Layout.GridLayoutKind = v2.NewGridLayoutKind()
	return r
}

func panelV2(p dashboard.Panel) (v2.PanelKind, error) {
	kind := *v2.NewPanelKind()
	var errs []error
	kind.Spec.Id, kind.Spec.Title, kind.Spec.Description = float64(*p.Id), *p.Title, *p.Description
	kind.Spec.Links = []v2.DataLink{}
	kind.Spec.VizConfig = *v2.NewVizConfigKind()
	kind.Spec.VizConfig.Group = p.Type
	kind.Spec.VizConfig.Spec.Options = p.Options
	errs = append(errs, convert(p.FieldConfig, &kind.Spec.VizConfig.Spec.FieldConfig))
	group := v2.NewQueryGroupKind()
	for _, target := range p.Targets {
		q := *v2.NewPanelQueryKind()
		switch t := target.(type) {
		case prometheus.Dataquery:
			q.Spec.RefId = *t.RefId
			t.RefId, t.Datasource = nil, nil
			q.Spec.Query = queryV2(t)
		case datasource.Dataquery:
			q.Spec.RefId = *t.RefId
			q.Spec.Query = queryV2(map[string]any{"panelId": t.PanelId})
			q.Spec.Query.Group, q.Spec.Query.Datasource.Name = *t.Datasource.Type, t.Datasource.Uid
		default:
			return kind, fmt.Errorf("BUG: a query is a %T", target)
		}
		group.Spec.Queries = append(group.Spec.Queries, q)
	}
	for _, t := range p.Transformations {
		k := v2.TransformationKind{Kind: t.Id}
		k.Spec.Id, k.Spec.Options = t.Id, t.Options
		group.Spec.Transformations = append(group.Spec.Transformations, k)
	}
	group.Spec.QueryOptions.Interval = p.Interval
	if p.MaxDataPoints != nil {
		group.Spec.QueryOptions.MaxDataPoints = ptr(int64(*p.MaxDataPoints))
	}
	kind.Spec.Data = *group
	return kind, errors.Join(errs...)
}

func queryV2(spec any) v2.DataQueryKind {
	q := *v2.NewDataQueryKind()
	q.Group, q.Version, q.Spec = *source.Type, "v0", spec
	q.Datasource = &v2.Dashboardv2beta1DataQueryKindDatasource{Name: source.Uid}
	return q
}

func variableV2(v *dashboard.VariableModel) (v2.VariableKind, error) {
	switch v.Type {
	case dashboard.VariableTypeDatasource:
		k := v2.NewDatasourceVariableKind()
		k.Spec.Name, k.Spec.Label, k.Spec.PluginId = v.Name, v.Label, *v.Query.String
		k.Spec.Options = []v2.VariableOption{}
		return v2.VariableKind{DatasourceVariableKind: k}, convert(v.Current, &k.Spec.Current)
	case dashboard.VariableTypeCustom:
		k := v2.NewCustomVariableKind()
		k.Spec.Name, k.Spec.Label, k.Spec.Query, k.Spec.Hide = v.Name, v.Label, *v.Query.String, hideV2(v)
		return v2.VariableKind{CustomVariableKind: k}, errors.Join(convert(v.Options, &k.Spec.Options), convert(v.Current, &k.Spec.Current))
	case dashboard.VariableTypeQuery:
		k := v2.NewQueryVariableKind()
		k.Spec.Name, k.Spec.Label, k.Spec.Definition, k.Spec.AllValue = v.Name, v.Label, v.Definition, v.AllValue
		k.Spec.Query = queryV2(map[string]string{"query": *v.Query.String, "refId": v.Name})
		k.Spec.Refresh, k.Spec.Sort = v2.VariableRefreshOnTimeRangeChanged, v2.VariableSortAlphabeticalCaseInsensitiveAsc
		k.Spec.Options, k.Spec.Hide = []v2.VariableOption{}, hideV2(v)
		if v.Multi == nil {
			return v2.VariableKind{QueryVariableKind: k}, nil
		}
		k.Spec.Multi, k.Spec.IncludeAll = *v.Multi, *v.IncludeAll
		return v2.VariableKind{QueryVariableKind: k}, convert(v.Current, &k.Spec.Current)
	}
	return v2.VariableKind{}, fmt.Errorf("BUG: a variable is a %s", v.Type)
}

func hideV2(v *dashboard.VariableModel) v2.VariableHide {
	if v.Hide != nil && *v.Hide == dashboard.VariableHideHideVariable {
		return v2.VariableHideHideVariable
	}
	return v2.VariableHideDontHide
}

func annotationV2(a *dashboard.AnnotationQuery) v2.AnnotationQueryKind {
	k := *v2.NewAnnotationQueryKind()
	k.Spec.Name, k.Spec.Enable, k.Spec.IconColor = a.Name, a.Enable, a.IconColor
	k.Spec.Query = queryV2(map[string]any{
		"refId": a.Name, "expr": *a.Expr, "titleFormat": *a.TitleFormat, "textFormat": *a.TextFormat,
		"tagKeys": *a.TagKeys, "step": *a.Step, "useValueForTime": *a.UseValueForTime,
	})
	return k
}

// convert copies a value into one whose JSON has the same form.
func convert(from, to any) error {
	b, err := json.Marshal(from)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, to)
}
