using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Bolt.Boltfiles;
using Bolt.Diagnostics;
using Microsoft.Build.Framework;
using Task = Microsoft.Build.Utilities.Task;

namespace Bolt.MSBuild;

/// <summary>A task that does something with the stack of a Boltfile. What is wrong with the file is said where it is wrong.</summary>
[SuppressMessage("Design", "CA1001", Justification = "MSBuild disposes of no task, and a source without a timer holds nothing.")]
public abstract class StackTask : Task, ICancelableTask
{
    private readonly CancellationTokenSource _cancel = new();

    /// <summary>Path of the Boltfile.</summary>
    [Required]
    public string Boltfile { get; set; } = "";

    /// <summary>Only these services and what they need; empty means all.</summary>
    public string[] Services { get; set; } = [];

    /// <summary>Use only what bolt.lock and the caches have.</summary>
    public bool Offline { get; set; }

    /// <summary>Names of <see cref="Services"/>.</summary>
    protected ImmutableArray<string> Chosen => [.. Services.Where(s => s.Length > 0)];

    /// <inheritdoc/>
    public override bool Execute()
    {
        var loaded = BoltRuntime.Load(Boltfile, Environment.GetEnvironmentVariable);
        foreach (var found in loaded.Diagnostics) DiagnosticLog.Write(Log, found, Boltfile);
        if (!loaded.Ok) return false;
        try
        {
            DoAsync(new BoltRuntime(Options()), loaded.Value!, _cancel.Token).GetAwaiter().GetResult();
        }
        catch (BoltException e)
        {
            DiagnosticLog.Write(Log, e.Diagnostic, Boltfile);
        }
        catch (OperationCanceledException) when (_cancel.IsCancellationRequested)
        {
            return false;
        }
        return !Log.HasLoggedErrors;
    }

    /// <inheritdoc/>
    public void Cancel() => _cancel.Cancel();

    /// <summary>The task's own work.</summary>
    protected abstract System.Threading.Tasks.Task DoAsync(BoltRuntime runtime, Boltfile boltfile, CancellationToken cancellation);

    // MSBuild's own folder is not this package's: the shim and the owner's program lie beside this assembly.
    private static BoltOptions Options()
    {
        var own = typeof(StackTask).Assembly.Location;
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
}
