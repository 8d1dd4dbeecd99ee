using System.Collections.Immutable;
using Bolt.Images;

namespace Bolt.Builds;

/// <summary>An image of the store, made ready to be started.</summary>
internal static class StoredImage
{
    /// <param name="reference">What the user wrote.</param>
    public static async Task<PreparedImage> PrepareAsync(BuildTools tools, string reference, LocalImage image, CancellationToken cancellationToken)
    {
        var layers = ImmutableArray.CreateBuilder<string>();
        foreach (var layer in image.Layers)
        {
            layers.Add(await tools.Trees.UnpackAsync(layer.DiffId, () => tools.Content.OpenRead(layer.Blob), cancellationToken).ConfigureAwait(false));
        }
        return new PreparedImage
        {
            Reference = reference,
            Id = image.Id,
            Layers = layers.ToImmutable(),
            Entrypoint = image.Config.Entrypoint,
            Command = image.Config.Command,
            Environment = image.Config.Environment,
            User = image.Config.User,
            WorkingDirectory = image.Config.WorkingDirectory is { Length: > 0 } working ? working : "/",
            ExposedPorts = image.Config.TcpPorts(),
            StopSignal = OciSignal.Number(image.Config.StopSignal),
        };
    }
}
