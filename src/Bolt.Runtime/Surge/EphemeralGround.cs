using System.Collections.Immutable;
using Bolt.Builds;

namespace Bolt.Surge;

/// <summary>
/// What the services and volumes of a stack held when they stood still: what its forks begin with. Folders that belong to the stack
/// that was frozen, as it lives at least as long as its forks.
/// </summary>
/// <param name="Services">By service: what it had written, to lay over its image, lowest first.</param>
/// <param name="Volumes">By volume of one service: what it held, lowest first.</param>
/// <param name="Shared">By volume of several services: a copy of it.</param>
/// <param name="Images">By service.</param>
/// <param name="Whole">What services had written is all of it, prepared data folders included: it was brought here from elsewhere.</param>
internal sealed record FrozenStack(
    ImmutableDictionary<string, ImmutableArray<string>> Services,
    ImmutableDictionary<string, ImmutableArray<string>> Volumes,
    ImmutableDictionary<string, string> Shared,
    ImmutableDictionary<string, PreparedImage> Images,
    bool Whole = false)
{
    public static readonly FrozenStack Empty = new(
        ImmutableDictionary<string, ImmutableArray<string>>.Empty, ImmutableDictionary<string, ImmutableArray<string>>.Empty,
        ImmutableDictionary<string, string>.Empty, ImmutableDictionary<string, PreparedImage>.Empty);

    public ImmutableArray<string> LayersOf(string service) => Services.GetValueOrDefault(service, []);
}

/// <summary>Where a stack that ends with this process keeps what it writes, and what it begins with.</summary>
/// <param name="folder">STATE/ephemeral/ID; the reaper removes it when nobody else has.</param>
/// <param name="frozen">What it begins with.</param>
/// <param name="password">The one that no one chose; the data that it opens is handed on with it.</param>
/// <param name="outbound">Its services may reach the world.</param>
internal sealed class EphemeralGround(string folder, FrozenStack frozen, Lazy<string> password, bool outbound)
{
    private int _epoch;

    public string Folder { get; } = folder;
    public FrozenStack Frozen { get; private set; } = frozen;
    public Lazy<string> Password { get; } = password;
    public bool Outbound { get; } = outbound;

    /// <summary>Where a service's writes go, across its restarts, until the stack is frozen or rolled back.</summary>
    public string UpperOf(string service) => $"{Folder}/service.{service}.{_epoch}";

    public string UpperOfVolume(string volume) => $"{Folder}/volume.{volume}.{_epoch}";

    public string CopyOf(string volume) => $"{Folder}/shared.{volume}.{_epoch}";

    /// <summary>Folders that nobody writes to any more are deleted beside; whoever deletes all of it waits for this.</summary>
    public Task Removal { get; set; } = Task.CompletedTask;

    /// <summary>From here on writes go elsewhere. The folders that are no longer written to.</summary>
    public string[] Advance(FrozenStack frozen)
    {
        var before = _epoch++;
        Frozen = frozen;
        return Directory.Exists(Folder) ? Directory.GetDirectories(Folder, $"*.{before}") : [];
    }
}
