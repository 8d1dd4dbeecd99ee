using Bolt.Boltfiles;
using Bolt.Surge;
using Microsoft.Build.Framework;

namespace Bolt.MSBuild;

/// <summary>Stops a stack in order and removes it; its volumes stay unless they are named.</summary>
public sealed class DownStack : StackTask
{
    /// <summary>Delete its volumes and their data too.</summary>
    public bool Volumes { get; set; }

    /// <inheritdoc/>
    protected override async Task DoAsync(BoltRuntime runtime, Boltfile boltfile, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(runtime);
        await foreach (var happened in runtime.DownAsync(boltfile, Volumes, cancellation).ConfigureAwait(false))
        {
            switch (happened)
            {
                case StackEvent.ServiceStopped stopped:
                    Log.LogMessage(MessageImportance.High, "{0}: stopped", stopped.Service);
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
