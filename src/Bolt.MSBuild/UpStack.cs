using Bolt.Boltfiles;
using Bolt.Surge;
using Microsoft.Build.Framework;

namespace Bolt.MSBuild;

/// <summary>Brings a stack up under an owner of its own and returns when every service is ready; it runs on after the build.</summary>
public sealed class UpStack : StackTask
{
    /// <summary>Seconds that a service may take to become ready; 0: a minute, or what its health check allows.</summary>
    public int ReadyTimeout { get; set; }

    /// <inheritdoc/>
    protected override async Task DoAsync(BoltRuntime runtime, Boltfile boltfile, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        TimeSpan? limit = ReadyTimeout > 0 ? TimeSpan.FromSeconds(ReadyTimeout) : null;
        var options = new UpOptions(Chosen, DieWithOwner: false, Offline: Offline, ReadyTimeout: limit);
        await foreach (var happened in runtime.UpDetachedAsync(boltfile, options, cancellation).ConfigureAwait(false))
        {
            switch (happened)
            {
                case StackEvent.ServiceReady ready:
                    Log.LogMessage(MessageImportance.High, "{0}: ready after {1:f0} ms", ready.Service, ready.After.TotalMilliseconds);
                    break;
                case StackEvent.StepFailed failed:
                    DiagnosticLog.Write(Log, failed.Diagnostic, Boltfile);
                    break;
                case StackEvent.Warned warned:
                    DiagnosticLog.Write(Log, warned.Diagnostic, Boltfile);
                    break;
            }
        }
    }
}
