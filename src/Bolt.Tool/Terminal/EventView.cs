using Bolt.Surge;

namespace Bolt.Tool.Terminal;

/// <summary>A verb's events as a person or a program follows them.</summary>
internal abstract class EventView
{
    /// <summary>Started once the stack is ready, ended when the events do: the logs beside a foreground `up`.</summary>
    public Func<StackEvent.StackReady, IAsyncDisposable>? WhenReady { get; set; }

    /// <param name="screen">Where.</param>
    /// <param name="json">One line of JSON per event, to standard output.</param>
    /// <param name="live">A table that redraws itself where the terminal can.</param>
    public static EventView For(Screen screen, bool json, bool live = true) =>
        json ? new JsonEvents(screen) : live && screen.IsLive ? new LiveEvents(screen) : new LineEvents(screen, ends: live);

    /// <summary>Shows all events; false when a step failed.</summary>
    public abstract Task<bool> ShowAsync(IAsyncEnumerable<StackEvent> events, Action<StackEvent>? also = null);

    protected static bool IsFailure(StackEvent what) => what is StackEvent.StepFailed;
}

/// <summary>For programs.</summary>
internal sealed class JsonEvents(Screen screen) : EventView
{
    public override async Task<bool> ShowAsync(IAsyncEnumerable<StackEvent> events, Action<StackEvent>? also = null)
    {
        var ok = true;
        await foreach (var what in events)
        {
            also?.Invoke(what);
            ok &= !IsFailure(what);
            screen.Data(StackJson.Write(what));
            if (what is StackEvent.StepFailed failed)
            {
                DiagnosticView.Show(screen, failed.Diagnostic);
            }
        }
        return ok;
    }
}

/// <summary>One plain line per event that a person wants to know of.</summary>
/// <param name="screen">Where.</param>
/// <param name="ends">Also how processes ended; verbs that stop them say "stopped" anyway.</param>
internal sealed class LineEvents(Screen screen, bool ends) : EventView
{
    public override async Task<bool> ShowAsync(IAsyncEnumerable<StackEvent> events, Action<StackEvent>? also = null)
    {
        var ok = true;
        IAsyncDisposable? beside = null;
        try
        {
            await foreach (var what in events)
            {
                also?.Invoke(what);
                ok &= !IsFailure(what);
                if (ends || what is not StackEvent.ServiceExited)
                {
                    EventLine.Show(screen, what);
                }
                if (what is StackEvent.StackReady ready)
                {
                    beside ??= WhenReady?.Invoke(ready);
                }
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
}
