using System.Globalization;
using Bolt.Surge;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Bolt.Tool.Terminal;

/// <summary>A table of the services that redraws itself until the stack is ready; after that, lines.</summary>
internal sealed class LiveEvents(Screen screen) : EventView
{
    private static readonly string[] Turns = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
    private readonly Board _board = new();
    private readonly List<StackEvent> _held = [];
    private int _turn;

    public override async Task<bool> ShowAsync(IAsyncEnumerable<StackEvent> events, Action<StackEvent>? also = null)
    {
        var ok = true;
        IAsyncDisposable? beside = null;
        await using var source = events.GetAsyncEnumerator();
        try
        {
            var last = await DrawUntilReadyAsync(source, e =>
            {
                also?.Invoke(e);
                ok &= !IsFailure(e);
            });
            // Diagnostics in the middle of a table that redraws itself would be torn.
            _held.ForEach(e => EventLine.Show(screen, e));
            if (last is StackEvent.StackReady ready)
            {
                EventLine.Show(screen, ready);
                beside = WhenReady?.Invoke(ready);
            }
            while (last is not null && await source.MoveNextAsync())
            {
                also?.Invoke(source.Current);
                ok &= !IsFailure(source.Current);
                EventLine.Show(screen, source.Current);
            }
        }
        finally
        {
            if (beside is not null)
            {
                await beside.DisposeAsync();
            }
        }
        return ok;
    }

    // Returns the event that ended the table; null when the stream is at its end.
    private async Task<StackEvent?> DrawUntilReadyAsync(IAsyncEnumerator<StackEvent> source, Action<StackEvent> see)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(screen.Error), Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes });
        StackEvent? last = null;
        await console.Live(Draw()).AutoClear(false).StartAsync(async live =>
        {
            using var beat = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            var next = source.MoveNextAsync().AsTask();
            var tick = beat.WaitForNextTickAsync().AsTask();
            while (last is null)
            {
                if (await Task.WhenAny(next, tick) == tick && !next.IsCompleted)
                {
                    _turn++;
                    tick = beat.WaitForNextTickAsync().AsTask();
                }
                else if (!await next)
                {
                    break;
                }
                else
                {
                    last = Take(source.Current, see);
                    next = last is null ? source.MoveNextAsync().AsTask() : next;
                }
                live.UpdateTarget(Draw());
            }
        });
        return last;
    }

    private StackEvent? Take(StackEvent what, Action<StackEvent> see)
    {
        see(what);
        _board.Apply(what);
        switch (what)
        {
            case StackEvent.StackReady:
                return what;
            case StackEvent.StepFailed or StackEvent.Warned or StackEvent.StackStopped:
                _held.Add(what);
                break;
        }
        return null;
    }

    private Rows Draw()
    {
        var grid = new Grid().AddColumns(new GridColumn().NoWrap(), new GridColumn().NoWrap(), new GridColumn());
        foreach (var row in _board.Rows)
        {
            grid.AddRow(new Markup($"{Sign(row)} [bold]{Markup.Escape(row.Name)}[/]"), Detail(row), new Markup($"[dim]{Markup.Escape(row.Image)}[/]"));
        }
        List<IRenderable> lines = [grid];
        lines.AddRange(_board.Steps.Select(s => new Markup($"[yellow]{Turns[_turn % Turns.Length]}[/] {Markup.Escape(s)}")));
        return new Rows(lines);
    }

    private string Sign(BoardRow row) => row.State switch
    {
        ServiceState.Ready => "[green]✔[/]",
        ServiceState.Failed or ServiceState.Unhealthy => "[red]✘[/]",
        ServiceState.Exited or ServiceState.Stopped => "[dim]■[/]",
        _ when row.Text.Length > 0 || row.State is ServiceState.Starting or ServiceState.Restarting => $"[yellow]{Turns[_turn % Turns.Length]}[/]",
        _ => "[dim]·[/]",
    };

    private static Markup Detail(BoardRow row)
    {
        var word = row.State switch
        {
            ServiceState.Absent or ServiceState.Waiting when row.Text.Length > 0 => "",
            ServiceState.Starting when row.Text.Length > 0 => "",
            _ => StatusView.Word(row.State) + " ",
        };
        var text = Markup.Escape((word + row.Text).TrimEnd());
        return new Markup(row.Total > 0 ? $"{text} {Bar(row.Done, row.Total)}" : text);
    }

    private static string Bar(long done, long total)
    {
        const int width = 16;
        var full = (int)Math.Clamp(done * width / total, 0, width);
        var amount = total >= 100_000
            ? string.Create(CultureInfo.InvariantCulture, $"{done / 1e6:0.0}/{total / 1e6:0.0} MB")
            : string.Create(CultureInfo.InvariantCulture, $"{done}/{total}");
        return $"[green]{new string('━', full)}[/][dim]{new string('━', width - full)}[/] {amount}";
    }
}
