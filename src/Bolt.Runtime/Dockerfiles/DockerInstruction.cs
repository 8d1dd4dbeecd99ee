using System.Collections.Immutable;
using Bolt.Diagnostics;

namespace Bolt.Dockerfiles;

/// <summary>One instruction.</summary>
/// <param name="At">Its first line.</param>
/// <param name="Text">The whole instruction with its lines joined, as history and messages show it.</param>
internal abstract record DockerInstruction(SourceSpan At, string Text)
{
    public sealed record From(SourceSpan At, string Text, DockerWord Image, DockerWord? Platform) : DockerInstruction(At, Text);
    public sealed record Arg(SourceSpan At, string Text, ImmutableArray<DockerPair> Pairs) : DockerInstruction(At, Text);
    public sealed record Env(SourceSpan At, string Text, ImmutableArray<DockerPair> Pairs) : DockerInstruction(At, Text);
    public sealed record Label(SourceSpan At, string Text, ImmutableArray<DockerPair> Pairs) : DockerInstruction(At, Text);
    public sealed record Run(SourceSpan At, string Text, DockerCommand Command, ImmutableArray<DockerMount> Mounts, bool Network) : DockerInstruction(At, Text);
    public sealed record Copy(SourceSpan At, string Text, ImmutableArray<DockerWord> Sources, ImmutableArray<Heredoc> Contents, DockerWord Target, CopyFlags Flags)
        : DockerInstruction(At, Text)
    {
        /// <summary>ADD: archives are unpacked and addresses fetched.</summary>
        public bool Add { get; init; }
    }
    public sealed record Expose(SourceSpan At, string Text, ImmutableArray<DockerWord> Ports) : DockerInstruction(At, Text);
    public sealed record User(SourceSpan At, string Text, DockerWord Name) : DockerInstruction(At, Text);
    public sealed record Workdir(SourceSpan At, string Text, DockerWord Path) : DockerInstruction(At, Text);
    public sealed record Volume(SourceSpan At, string Text, ImmutableArray<DockerWord> Paths) : DockerInstruction(At, Text);
    public sealed record Entrypoint(SourceSpan At, string Text, DockerCommand Command) : DockerInstruction(At, Text);
    public sealed record Cmd(SourceSpan At, string Text, DockerCommand Command) : DockerInstruction(At, Text);
    public sealed record Shell(SourceSpan At, string Text, ImmutableArray<string> Arguments) : DockerInstruction(At, Text);
    public sealed record StopSignal(SourceSpan At, string Text, DockerWord Signal) : DockerInstruction(At, Text);
    public sealed record Healthcheck(SourceSpan At, string Text, DockerHealth Health) : DockerInstruction(At, Text);
    public sealed record Onbuild(SourceSpan At, string Text, string Trigger) : DockerInstruction(At, Text);
    public sealed record Maintainer(SourceSpan At, string Text, string Name) : DockerInstruction(At, Text);
}

/// <summary>What COPY and ADD are told besides their files.</summary>
internal sealed record CopyFlags
{
    public DockerWord? From { get; init; }
    public DockerWord? Chown { get; init; }
    public DockerWord? Chmod { get; init; }
    public DockerWord? Checksum { get; init; }
    public bool Link { get; init; }
    public bool Parents { get; init; }
    /// <summary>ADD: null unpacks local archives alone.</summary>
    public bool? Unpack { get; init; }
    public ImmutableArray<DockerWord> Exclude { get; init; } = [];
}

/// <summary>HEALTHCHECK; a null test is NONE. Null times are the runtime's own.</summary>
internal sealed record DockerHealth(DockerCommand? Test, TimeSpan? Interval, TimeSpan? Timeout, TimeSpan? StartPeriod, TimeSpan? StartInterval, int? Retries);

internal enum CacheSharing
{
    Shared,
    Private,
    Locked,
}

/// <summary>RUN --mount. Words are expanded when the step is made.</summary>
internal abstract record DockerMount(SourceSpan At)
{
    /// <summary>A folder that stays on this machine from build to build.</summary>
    public sealed record Cache(SourceSpan At, DockerWord? Id, DockerWord Target, CacheSharing Sharing, bool ReadOnly, uint Mode, uint Uid, uint Gid) : DockerMount(At);
    /// <summary>Files of the build's folder, or of a stage or image. What is written is thrown away.</summary>
    public sealed record Bind(SourceSpan At, DockerWord? From, DockerWord Source, DockerWord Target, bool Writable) : DockerMount(At);
    public sealed record Tmpfs(SourceSpan At, DockerWord Target, long Size) : DockerMount(At);
    /// <summary>A secret as a file, as a variable or both.</summary>
    public sealed record Secret(SourceSpan At, DockerWord Id, DockerWord? Target, string? Variable, bool Required, uint Mode, uint Uid, uint Gid) : DockerMount(At);
    /// <summary>The socket of an ssh agent.</summary>
    public sealed record Ssh(SourceSpan At, string Id, DockerWord? Target, bool Required, uint Mode, uint Uid, uint Gid) : DockerMount(At);
}
