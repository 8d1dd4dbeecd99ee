using Bolt.Surge;

namespace Bolt.Tool.Terminal;

/// <summary>The fold of an `up`'s events that the live table shows: one row per service, and what the stack itself does.</summary>
internal sealed class Board
{
    private readonly Dictionary<string, BoardRow> _rows = [];
    private readonly Dictionary<string, string> _steps = [];

    public string Project { get; private set; } = "";

    public List<BoardRow> Rows { get; } = [];

    /// <summary>Steps under way that belong to no service: "making the network".</summary>
    public IEnumerable<string> Steps => _steps.Values;

    public void Apply(StackEvent what)
    {
        switch (what)
        {
            case StackEvent.Snapshot e: Take(e.Status); break;
            case StackEvent.Planned e: Expect(e.Plan); break;
            case StackEvent.StepStarted e: Begin(e.Step, EventLine.Doing(e.Step)); break;
            case StackEvent.StepProgress e: Progress(e); break;
            case StackEvent.StepDone e: End(e.Step); break;
            case StackEvent.StepFailed e: Fail(e.Step); break;
            case StackEvent.ServiceStarted e: Set(e.Service, ServiceState.Starting, ""); break;
            case StackEvent.ServiceReady e: Set(e.Service, ServiceState.Ready, StatusView.Seconds(e.After)); break;
            case StackEvent.ServiceExited e: Set(e.Service, ServiceState.Exited, $"({e.Code ?? 128 + e.Signal})"); break;
            case StackEvent.ServiceRestarting e: Set(e.Service, ServiceState.Restarting, $"attempt {e.Attempt}"); break;
            case StackEvent.ServiceStopped e: Set(e.Service, ServiceState.Stopped, ""); break;
            case StackEvent.ServiceHealth e: Set(e.Service, e.Healthy ? ServiceState.Ready : ServiceState.Unhealthy, ""); break;
        }
    }

    private void Take(StackStatus status)
    {
        Project = status.Project;
        foreach (var service in status.Services)
        {
            var row = Row(service.Name);
            row.Image = service.Image;
            row.State = service.State;
            row.Text = "";
        }
    }

    private void Expect(Plan plan)
    {
        foreach (var step in plan.Steps)
        {
            if (step is PlanStep.StartService or PlanStep.PrepareImage && Of(step.Id) is { State: not ServiceState.Ready } row)
            {
                row.State = ServiceState.Waiting;
                row.Image = step is PlanStep.PrepareImage prepare && row.Image.Length == 0 ? prepare.Source : row.Image;
            }
        }
    }

    private void Begin(string step, string text)
    {
        if (Of(step) is not { } row)
        {
            _steps[step] = text;
            return;
        }
        // "preparing web" stands in web's own row.
        row.Text = text.EndsWith(" " + row.Name, StringComparison.Ordinal) ? text[..^(row.Name.Length + 1)] : text;
        row.Done = row.Total = 0;
    }

    private void Progress(StackEvent.StepProgress e)
    {
        Begin(e.Step, e.Text);
        if (Of(e.Step) is { } row)
        {
            (row.Done, row.Total) = (e.Done, e.Total);
        }
    }

    private void End(string step)
    {
        _steps.Remove(step);
        if (Of(step) is { State: ServiceState.Waiting or ServiceState.Starting } row)
        {
            row.Text = "";
            row.Done = row.Total = 0;
        }
    }

    private void Fail(string step)
    {
        _steps.Remove(step);
        if (Of(step) is { } row)
        {
            (row.State, row.Text, row.Done, row.Total) = (ServiceState.Failed, "", 0, 0);
        }
    }

    private void Set(string service, ServiceState state, string text)
    {
        var row = Row(service);
        (row.State, row.Text, row.Done, row.Total) = (state, text, 0, 0);
    }

    // Steps of a service are named "prepare web", "start web", "adopt web", "stop web".
    private BoardRow? Of(string step) =>
        step.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space && _rows.TryGetValue(step[(space + 1)..], out var row) && !step.StartsWith("create ", StringComparison.Ordinal)
            ? row
            : null;

    private BoardRow Row(string service)
    {
        if (!_rows.TryGetValue(service, out var row))
        {
            row = new BoardRow(service);
            _rows.Add(service, row);
            Rows.Add(row);
        }
        return row;
    }
}

/// <summary>One service on the board.</summary>
internal sealed class BoardRow(string name)
{
    public string Name { get; } = name;
    public string Image { get; set; } = "";
    public ServiceState State { get; set; } = ServiceState.Absent;
    public string Text { get; set; } = "";
    public long Done { get; set; }
    public long Total { get; set; }
}
