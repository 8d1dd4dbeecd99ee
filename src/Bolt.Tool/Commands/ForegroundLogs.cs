using Bolt.Boltfiles;
using Bolt.Surge;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>The services' logs beside a foreground `up`, from ready until the stack is down.</summary>
internal sealed class ForegroundLogs : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _reading;

    public ForegroundLogs(Invocation invocation, Boltfile boltfile) => _reading = ReadAsync(invocation, boltfile, _end.Token);

    private static async Task ReadAsync(Invocation invocation, Boltfile boltfile, CancellationToken cancellation)
    {
        try
        {
            if (await invocation.Runtime.StatusAsync(boltfile, cancellation) is { } status)
            {
                StatusView.Show(invocation.Screen.Talk, status);
            }
            var view = new LogView(invocation.Screen, boltfile.Services.Select(s => s.Name), json: false);
            await foreach (var line in invocation.Runtime.LogsAsync(boltfile, new LogOptions([], Follow: true), cancellation))
            {
                view.Show(line);
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (IOException failure) when (Failure.IsBrokenPipe(failure))
        {
            invocation.Interruption.Cancel();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _reading;
        _end.Dispose();
    }
}
