using System.Diagnostics.CodeAnalysis;
using Bolt.Diagnostics;
using Microsoft.Build.Framework;
using Task = Microsoft.Build.Utilities.Task;

namespace Bolt.MSBuild;

/// <summary>A task that works with this machine's store and stacks; what fails is logged and fails the build.</summary>
[SuppressMessage("Design", "CA1001", Justification = "MSBuild disposes of no task, and a source without a timer holds nothing.")]
public abstract class BoltTask : Task, ICancelableTask
{
    private readonly CancellationTokenSource _cancel = new();

    /// <summary>Use only what bolt.lock and the caches have.</summary>
    public bool Offline { get; set; }

    /// <inheritdoc/>
    public override bool Execute()
    {
        try
        {
            return DoAsync(new BoltRuntime(Options()), _cancel.Token).GetAwaiter().GetResult() && !Log.HasLoggedErrors;
        }
        catch (BoltException e)
        {
            DiagnosticLog.Write(Log, e.Diagnostic, Subject);
            return false;
        }
        catch (OperationCanceledException) when (_cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Cancel() => _cancel.Cancel();

    /// <summary>The file that an error without a place of its own is about.</summary>
    protected abstract string Subject { get; }

    /// <summary>The task's own work; false when it could not be done, and that is logged.</summary>
    protected abstract Task<bool> DoAsync(BoltRuntime runtime, CancellationToken cancellation);

    /// <summary>What is going on, as lines of the build's log.</summary>
    private protected IProgress<string> Progress => new LogLines(text => Log.LogMessage(MessageImportance.High, "{0}", text));

    // MSBuild's own folder is not this package's: the shim and the owner's program lie beside this assembly.
    private static BoltOptions Options()
    {
        var own = typeof(BoltTask).Assembly.Location;
        var folder = Path.GetDirectoryName(own)!;
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";
        string[] shims = [Path.Combine(folder, "bolt-shim"), Path.Combine(folder, "runtimes/linux-x64/native/bolt-shim")];
        var options = BoltOptions.FromEnvironment(Environment.GetEnvironmentVariable, Environment.IsPrivilegedProcess);
        return options with
        {
            ShimPath = options.ShimPath ?? shims.FirstOrDefault(File.Exists),
            SuperviseCommand = [dotnet, own, "supervise"],
            DotnetPath = dotnet,
        };
    }

    private sealed class LogLines(Action<string> say) : IProgress<string>
    {
        public void Report(string value) => say(value);
    }
}
