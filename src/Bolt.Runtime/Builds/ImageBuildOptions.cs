using System.Collections.Immutable;
using Bolt.Diagnostics;

namespace Bolt.Builds;

/// <summary>What is to be built of a Dockerfile.</summary>
public sealed record ImageBuildOptions
{
    /// <summary>The folder that COPY reads.</summary>
    public required string Context { get; init; }
    /// <summary>The Dockerfile; null: <c>Dockerfile</c> in <see cref="Context"/>.</summary>
    public string? Dockerfile { get; init; }
    /// <summary>The stage to build, by name or number; null: the last one.</summary>
    public string? Target { get; init; }
    /// <summary>Names to keep the image under.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];
    /// <summary>Values for ARG.</summary>
    public ImmutableDictionary<string, string> Arguments { get; init; } = ImmutableDictionary<string, string>.Empty;
    /// <summary>For <c>RUN --mount=type=secret</c>, by id. They are in no layer, no history and no key of the cache.</summary>
    public ImmutableDictionary<string, ImmutableArray<byte>> Secrets { get; init; } = ImmutableDictionary<string, ImmutableArray<byte>>.Empty;
    /// <summary>Agents' sockets for <c>RUN --mount=type=ssh</c>, by id.</summary>
    public ImmutableDictionary<string, string> SshAgents { get; init; } = ImmutableDictionary<string, string>.Empty;
    /// <summary>Runs every step anew.</summary>
    public bool NoCache { get; init; }
    /// <summary>Asks registries whether their images have changed.</summary>
    public bool Pull { get; init; }
    /// <summary>"linux/amd64"; null: this machine's.</summary>
    public string? Platform { get; init; }
    /// <summary>Seconds since 1970: no file is newer, and the image says it was made then. Null: files of RUN keep their times.</summary>
    public long? SourceDateEpoch { get; init; }
    /// <summary>Nothing may be fetched; steps have no network.</summary>
    public bool Offline { get; init; }
    /// <summary>Nothing may be resolved anew: what bolt.lock does not pin is an error, and the file stays as it is.</summary>
    public bool Locked { get; init; }
    internal BuildSurroundings Surroundings { get; init; } = BuildSurroundings.Usual;
}

/// <summary>An image that was built.</summary>
/// <param name="Id">Digest of its config: equal digests run equal bits.</param>
/// <param name="Tags">The names that it has now, in full.</param>
/// <param name="Size">Bytes of its layers.</param>
/// <param name="Layers">How many.</param>
public sealed record BuiltImage(string Id, ImmutableArray<string> Tags, long Size, int Layers)
{
    /// <summary>How it came to be; the same image made twice is the same image.</summary>
    internal BuildFacts? Facts { get; init; }

    /// <inheritdoc/>
    public bool Equals(BuiltImage? other) => other is not null && (Id, Size, Layers) == (other.Id, other.Size, other.Layers) && Tags == other.Tags;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Id, Size, Layers);
}

/// <summary>What happens during a build. Steps of several stages run side by side.</summary>
public abstract record BuildEvent
{
    private BuildEvent()
    {
    }

    /// <summary>Something about the Dockerfile that stops nothing.</summary>
    public sealed record Warned(Diagnostic Diagnostic) : BuildEvent;
    /// <summary>What is fetched for it, and how far that is; Total 0 is unknown.</summary>
    public sealed record Fetching(string Text, long Done, long Total) : BuildEvent;
    /// <summary>A step begins.</summary>
    /// <param name="Step">From 1.</param>
    /// <param name="Steps">Of how many.</param>
    /// <param name="Stage">The stage's name.</param>
    /// <param name="Text">The instruction in one line.</param>
    public sealed record StepStarted(int Step, int Steps, string Stage, string Text) : BuildEvent;
    /// <summary>A line that a step's command wrote.</summary>
    public sealed record StepOutput(int Step, string Line, bool IsError) : BuildEvent;
    /// <summary>A step is done.</summary>
    /// <param name="Step">From 1.</param>
    /// <param name="Cached">Its layer was there.</param>
    /// <param name="Elapsed">How long it took.</param>
    public sealed record StepDone(int Step, bool Cached, TimeSpan Elapsed) : BuildEvent;
}
