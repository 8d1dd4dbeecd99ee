using System.Collections.Immutable;
using System.Text;
using Bolt.Launch;
using Bolt.Storage;

namespace Bolt.Builds;

/// <summary>
/// What a start needs of a recipe whose layer is there, kept so that neither bolt.lock nor the recipe is parsed again:
/// STATE/images/HEX.kept. It is good for one text of the recipe and one state of bolt.lock, and may be deleted at any time.
/// </summary>
/// <param name="Layer">The pinned one.</param>
/// <param name="Image">Digest of the OCI config.</param>
/// <param name="Recipe">Only what matters once the layer has been made.</param>
internal sealed record KeptRecipe(Digest Layer, Digest Image, Recipe Recipe)
{
    /// <summary>To be raised whenever the reader makes another recipe of the same text.</summary>
    private const int Format = 3;

    /// <summary>Null when none is kept, or one of something else.</summary>
    public static KeptRecipe? Find(StoragePaths paths, LockSession @lock, string key, Digest text)
    {
        var path = PathOf(paths, @lock, key);
        if (@lock.Mark.Length == 0 || !File.Exists(path))
        {
            return null;
        }
        try
        {
            return Read(File.ReadAllBytes(path), @lock.Mark, text);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Only for a pin that the lock's file has.</summary>
    public async Task WriteAsync(StoragePaths paths, LockSession @lock, string key, Digest text, CancellationToken cancellationToken)
    {
        if (@lock.Mark.Length == 0)
        {
            return;
        }
        var path = PathOf(paths, @lock, key);
        StoreFolders.Ensure(Path.GetDirectoryName(path)!);
        await StoreFolders.WriteWholeAsync(path, ToBytes(@lock.Mark, text), cancellationToken).ConfigureAwait(false);
    }

    internal byte[] ToBytes(string mark, Digest text)
    {
        var writer = new SheetWriter();
        writer.Number(Format);
        foreach (var value in (string[])[mark, text.Hex, Layer.Hex, Image.Hex, Recipe.User, Recipe.SingleUser, Recipe.WorkingDirectory])
        {
            writer.Text(value);
        }
        foreach (var value in (string?[])[Recipe.Data, Recipe.Url, Recipe.DefaultUser])
        {
            writer.Texts(value is null ? [] : [value]);
        }
        foreach (var values in (ImmutableArray<string>[])[Recipe.Entrypoint, Recipe.Command, Recipe.Environment, Recipe.Ephemeral, Recipe.CredentialEnvironment, Recipe.Freeze, [.. Recipe.Logins.SelectMany(l => (string[])[l.User, l.Password, l.Database, l.DefaultUser])]])
        {
            writer.Texts(values);
        }
        writer.Flag(Recipe.Initialize is not null);
        writer.Texts(Recipe.Initialize ?? []);
        writer.Flag(Recipe.Template);
        writer.Flag(Recipe.DotnetRuntime);
        writer.Number((int)Recipe.StopSignal);
        writer.Number(Recipe.Ports.Length);
        foreach (var port in Recipe.Ports)
        {
            writer.Number(port);
        }
        WriteReady(writer, Recipe.Ready);
        return writer.ToMessage();
    }

    internal static KeptRecipe? Read(byte[] bytes, string mark, Digest text)
    {
        var reader = SheetReader.FromStream(new MemoryStream(bytes));
        if (reader is null || reader.Number() != Format || reader.Text() != mark || reader.Text() != text.Hex)
        {
            return null;
        }
        var (layer, image) = (new Digest(reader.Text()), new Digest(reader.Text()));
        var recipe = new Recipe
        {
            Name = "",
            Packages = [],
            User = reader.Text(),
            SingleUser = reader.Text(),
            WorkingDirectory = reader.Text(),
            Data = Optional(reader),
            Url = Optional(reader),
            DefaultUser = Optional(reader),
            Entrypoint = reader.Texts(),
            Command = reader.Texts(),
            Environment = reader.Texts(),
            Ephemeral = reader.Texts(),
            CredentialEnvironment = reader.Texts(),
            Freeze = reader.Texts(),
            Logins = [.. reader.Texts().Chunk(4).Select(l => l is [var user, var password, var database, var fallback]
                ? new RecipeLogin(user, password, database, fallback) : throw new InvalidDataException("a login is cut off"))],
            Initialize = reader.Flag() is var initialized && reader.Texts() is var command && initialized ? command : null,
            Template = reader.Flag(),
            DotnetRuntime = reader.Flag(),
            StopSignal = (StopSignal)reader.Number(1, 64),
            Ports = [.. Enumerable.Range(0, reader.Count(8)).Select(_ => (int)reader.Number(1, 65535))],
            Ready = ReadReady(reader),
        };
        return reader.AtEnd ? new KeptRecipe(layer, image, recipe) : null;
    }

    private static string? Optional(SheetReader reader) => reader.Texts() is [var value, ..] ? value : null;

    private static void WriteReady(SheetWriter writer, ReadySignal ready)
    {
        writer.Number(ready switch { ReadySignal.Notify => 1, ReadySignal.Listen => 2, ReadySignal.LogLine => 3, ReadySignal.Http => 4, _ => 0 });
        writer.Number(ready switch { ReadySignal.Listen listen => listen.Port, ReadySignal.Http http => http.Port, _ => 0 });
        writer.Text((ready as ReadySignal.LogLine)?.Text ?? "");
    }

    private static ReadySignal ReadReady(SheetReader reader) => (reader.Number(0, 4), (int)reader.Number(0, 65535), reader.Text()) switch
    {
        (1, _, _) => new ReadySignal.Notify(),
        (2, var port, _) => new ReadySignal.Listen(port),
        (3, _, var line) => new ReadySignal.LogLine(line),
        (4, var port, _) => new ReadySignal.Http(port),
        _ => new ReadySignal.Started(),
    };

    private static string PathOf(StoragePaths paths, LockSession @lock, string key) =>
        Path.Combine(paths.State, "images", Digest.Of(Encoding.UTF8.GetBytes(key + "\0" + @lock.Path)).Hex + ".kept");
}
