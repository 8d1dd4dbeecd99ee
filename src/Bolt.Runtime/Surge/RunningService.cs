using Bolt.Capsules;

namespace Bolt.Surge;

/// <summary>One run of one service in this process: the handle to its capsule and what it has said so far.</summary>
internal sealed class RunningService(string name, int run, string folder) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    public string Name { get; } = name;
    public int Run { get; } = run;
    public string Folder { get; } = folder;
    public Capsule? Capsule { get; set; }
    /// <summary>The bridge's end of its link; null when another owner started it.</summary>
    public string? Veth { get; set; }
    /// <summary>As it was last written.</summary>
    public ServiceRecord? Record { get; set; }
    public TaskCompletionSource Notified { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    /// <summary>Null when there never was a capsule.</summary>
    public TaskCompletionSource<CapsuleExit?> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    /// <summary>Cancelled when someone wants it to end, also while it is still being launched.</summary>
    public CancellationToken Stopping => _stop.Token;

    public Task AskToStopAsync() => _stop.CancelAsync();

    public void Dispose() => _stop.Dispose();
}
