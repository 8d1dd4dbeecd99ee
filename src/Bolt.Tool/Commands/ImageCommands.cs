using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Bolt.Tool.Terminal;

namespace Bolt.Tool.Commands;

/// <summary>The verbs of the image store: images, inspect, history, tag, rmi, gc.</summary>
internal static class ImageCommands
{
    private static readonly Option<bool> Json = new("--json") { Description = "Print each as one line of JSON" };
    private static readonly Option<bool> All = new("--all", "-a") { Description = "Also those that are kept by digest alone" };
    private static readonly Option<bool> Dry = new("--dry-run") { Description = "Say what would be taken, and take nothing" };
    private static readonly Option<bool> Now = new("--now") { Description = "Also what is younger than ten minutes; not beside other bolt commands" };
    private static readonly Argument<string> Image = new Argument<string>("IMAGE") { Description = "A reference, a recipe's name, or the start of an id" }.WithoutOptions();
    private static readonly Argument<string> Name = new Argument<string>("NAME") { Description = "[HOST[:PORT]/]NAME[:TAG]" }.WithoutOptions();
    private static readonly Argument<string[]> Images = new Argument<string[]>("IMAGE") { Description = "References, or starts of ids", Arity = ArgumentArity.OneOrMore }.WithoutOptions();

    public static IEnumerable<Command> Create()
    {
        yield return Bound(new Command("images", "List the images that are here") { All, Json }, ListAsync)
            .WithExamples("bolt images            names, ids and sizes", "bolt images --json     for programs");
        yield return Bound(new Command("inspect", "Print all that is known of an image, as JSON") { Image }, InspectAsync)
            .WithExamples("bolt inspect nginx:1.27");
        yield return Bound(new Command("history", "Show how an image was made, newest step first") { Json, Image }, HistoryAsync)
            .WithExamples("bolt history nginx:1.27");
        yield return Bound(new Command("referrers", "List what refers to an image in its registry: signatures, attestations") { Json, Image }, ReferrersAsync)
            .WithExamples("bolt referrers ghcr.io/owner/app:1");
        yield return Bound(new Command("tag", "Give an image another name") { Image, Name }, TagAsync)
            .WithExamples("bolt tag nginx:1.27 127.0.0.1:5000/web:1      as `bolt push` wants it");
        yield return Bound(new Command("rmi", "Forget the names of images; `bolt gc` frees the space") { Images }, RemoveAsync)
            .WithExamples("bolt rmi nginx:1.27");
        yield return Bound(new Command("gc", "Free the space of what nothing uses any more") { Dry, Now, Json }, CollectAsync)
            .WithExamples("bolt gc --dry-run      what it would take", "bolt gc");
    }

    private static Command Bound(Command command, Func<Invocation, Task<int>> body)
    {
        Invocation.Bind(command, body);
        return command;
    }

    private static Task<int> ListAsync(Invocation invocation)
    {
        var images = invocation.Runtime.ListImages(invocation.Value(All));
        if (invocation.Value(Json))
        {
            foreach (var image in images)
            {
                invocation.Screen.Data(ImageLine.Of(image));
            }
            return Task.FromResult(ExitCode.Done);
        }
        var table = new TextTable("REFERENCE", "ID", "LAYERS", "SIZE", "CREATED");
        foreach (var image in images)
        {
            table.Add(image.Reference, Words.ShortDigest(image.Id), image.Layers.ToString(CultureInfo.InvariantCulture), Words.Size(image.Size), Time(image.Created));
        }
        table.Write(invocation.Screen.DataPen);
        return Task.FromResult(ExitCode.Done);
    }

    private static Task<int> InspectAsync(Invocation invocation)
    {
        invocation.Screen.Data(invocation.Runtime.InspectImage(invocation.Parsed.GetRequiredValue(Image)));
        return Task.FromResult(ExitCode.Done);
    }

    private static Task<int> HistoryAsync(Invocation invocation)
    {
        var table = new TextTable("CREATED", "SIZE", "BY");
        foreach (var step in invocation.Runtime.ImageHistory(invocation.Parsed.GetRequiredValue(Image)))
        {
            if (invocation.Value(Json))
            {
                invocation.Screen.Data(JsonSerializer.Serialize(new StepLine(step.Created, step.By, step.Comment, step.Size), ImageJson.Default.StepLine));
            }
            // A RUN may be a page of shell; one line each, with the rest in --json and inspect.
            table.Add(Time(step.Created), Words.Size(step.Size), OneLine(step.By.Length > 0 ? step.By : step.Comment));
        }
        if (!invocation.Value(Json))
        {
            table.Write(invocation.Screen.DataPen);
        }
        return Task.FromResult(ExitCode.Done);
    }

    private static async Task<int> ReferrersAsync(Invocation invocation)
    {
        var found = await invocation.Runtime.ReferrersAsync(invocation.Parsed.GetRequiredValue(Image), invocation.Cancellation);
        var table = new TextTable("DIGEST", "SIZE", "KIND");
        foreach (var one in found)
        {
            if (invocation.Value(Json))
            {
                invocation.Screen.Data(JsonSerializer.Serialize(new ReferrerLine(one.Digest, one.Kind, one.Size), ImageJson.Default.ReferrerLine));
            }
            table.Add(one.Digest, Words.Size(one.Size), one.Kind);
        }
        if (!invocation.Value(Json))
        {
            table.Write(invocation.Screen.DataPen);
        }
        return ExitCode.Done;
    }

    private static async Task<int> TagAsync(Invocation invocation)
    {
        var image = await invocation.Runtime.TagImageAsync(invocation.Parsed.GetRequiredValue(Image), invocation.Parsed.GetRequiredValue(Name), invocation.Cancellation);
        invocation.Screen.Data(image.Reference);
        return ExitCode.Done;
    }

    private static Task<int> RemoveAsync(Invocation invocation)
    {
        foreach (var reference in invocation.Runtime.RemoveImages(invocation.Values(Images)))
        {
            invocation.Screen.Data(reference);
        }
        return Task.FromResult(ExitCode.Done);
    }

    private static async Task<int> CollectAsync(Invocation invocation)
    {
        var report = await invocation.Runtime.CollectGarbageAsync(invocation.Value(Dry), invocation.Value(Now) ? TimeSpan.Zero : null, invocation.Cancellation);
        if (invocation.Value(Json))
        {
            invocation.Screen.Data(JsonSerializer.Serialize(new GarbageLine(report.Images, report.Blobs, report.Trees, report.Bytes), ImageJson.Default.GarbageLine));
            return ExitCode.Done;
        }
        invocation.Screen.Data(string.Create(CultureInfo.InvariantCulture,
            $"{(invocation.Value(Dry) ? "would take" : "took")} {report.Images} names, {report.Blobs} blobs ({Words.Size(report.Bytes)}), {report.Trees} unpacked layers"));
        return ExitCode.Done;
    }

    private static string Time(DateTimeOffset? time) => time?.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture) ?? "-";

    private static string OneLine(string text)
    {
        var line = string.Join(' ', text.Split((char[])[' ', '\n', '\t', '\r'], StringSplitOptions.RemoveEmptyEntries));
        return line.Length > 100 ? line[..99] + "…" : line;
    }
}

/// <summary>One step of an image's history, for programs.</summary>
internal sealed record StepLine(DateTimeOffset? Created, string By, string Comment, long Size);

/// <summary>Something that refers to an image, for programs.</summary>
internal sealed record ReferrerLine(string Digest, string Kind, long Size);

/// <summary>What gc took, for programs.</summary>
internal sealed record GarbageLine(int Names, int Blobs, int Trees, long Bytes);

[System.Text.Json.Serialization.JsonSourceGenerationOptions(PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.CamelCase)]
[System.Text.Json.Serialization.JsonSerializable(typeof(StepLine))]
[System.Text.Json.Serialization.JsonSerializable(typeof(ReferrerLine))]
[System.Text.Json.Serialization.JsonSerializable(typeof(GarbageLine))]
internal sealed partial class ImageJson : System.Text.Json.Serialization.JsonSerializerContext;
