using System.Collections.Immutable;
using Bolt.Boltfiles;
using Microsoft.Build.Framework;

namespace Bolt.MSBuild;

/// <summary>A task that does something with the stack of a Boltfile. What is wrong with the file is said where it is wrong.</summary>
public abstract class StackTask : BoltTask
{
    /// <summary>Path of the Boltfile.</summary>
    [Required]
    public string Boltfile { get; set; } = "";

    /// <summary>Only these services and what they need; empty means all.</summary>
    public string[] Services { get; set; } = [];

    /// <summary>Names of <see cref="Services"/>.</summary>
    protected ImmutableArray<string> Chosen => [.. Services.Where(s => s.Length > 0)];

    /// <inheritdoc/>
    protected override string Subject => Boltfile;

    /// <inheritdoc/>
    protected sealed override async Task<bool> DoAsync(BoltRuntime runtime, CancellationToken cancellation)
    {
        var loaded = BoltRuntime.Load(Boltfile, Environment.GetEnvironmentVariable);
        foreach (var found in loaded.Diagnostics) DiagnosticLog.Write(Log, found, Boltfile);
        if (!loaded.Ok) return false;
        await DoAsync(runtime, loaded.Value!, cancellation).ConfigureAwait(false);
        return true;
    }

    /// <summary>The task's own work.</summary>
    protected abstract Task DoAsync(BoltRuntime runtime, Boltfile boltfile, CancellationToken cancellation);
}
