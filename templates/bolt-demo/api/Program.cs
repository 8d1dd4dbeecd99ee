using Npgsql;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton(NpgsqlDataSource.Create(Database.ConnectionString(builder.Configuration["DATABASE_URL"])));
var app = builder.Build();

var database = app.Services.GetRequiredService<NpgsqlDataSource>();
await Database.CreateTableAsync(database);
app.Logger.LogInformation("start number {Starts} on this database", await Database.AddAsync(database, "started"));

app.MapGet("/", async (NpgsqlDataSource db) => new { service = "api", visits = await Database.AddAsync(db, "visit") });
app.MapGet("/notes", async (NpgsqlDataSource db) => await Database.NotesAsync(db));
app.MapPost("/notes", async (NpgsqlDataSource db, Note note) => Results.Created("/notes", await Database.AddNoteAsync(db, note.Text)));
app.MapGet("/health", () => Results.Text("ok"));

await app.RunAsync();

internal sealed record Note(long Id, string Text);

internal static class Database
{
    /// <summary>DATABASE_URL is what `bolt://db` in the Boltfile became: postgres://user:password@host:port/database.</summary>
    public static string ConnectionString(string? url)
    {
        var address = new Uri(url ?? throw new InvalidOperationException("DATABASE_URL is not set"));
        var login = address.UserInfo.Split(':', 2);
        return new NpgsqlConnectionStringBuilder
        {
            Host = address.Host,
            Port = address.Port > 0 ? address.Port : 5432,
            Username = Uri.UnescapeDataString(login[0]),
            Password = login.Length > 1 ? Uri.UnescapeDataString(login[1]) : null,
            Database = address.AbsolutePath.Trim('/'),
            // There is no Kerberos here to try first.
            GssEncryptionMode = GssEncryptionMode.Disable,
        }.ConnectionString;
    }

    public static async Task CreateTableAsync(NpgsqlDataSource db)
    {
        await using var command = db.CreateCommand("""
            CREATE TABLE IF NOT EXISTS events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text NOT NULL);
            CREATE TABLE IF NOT EXISTS notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL)
            """);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Writes one event and reads back how many of its kind there are.</summary>
    public static async Task<long> AddAsync(NpgsqlDataSource db, string kind)
    {
        await using var write = db.CreateCommand("INSERT INTO events (kind) VALUES ($1)");
        write.Parameters.AddWithValue(kind);
        await write.ExecuteNonQueryAsync();
        await using var read = db.CreateCommand("SELECT count(*) FROM events WHERE kind = $1");
        read.Parameters.AddWithValue(kind);
        return (long)(await read.ExecuteScalarAsync())!;
    }

    public static async Task<Note> AddNoteAsync(NpgsqlDataSource db, string text)
    {
        await using var command = db.CreateCommand("INSERT INTO notes (text) VALUES ($1) RETURNING id");
        command.Parameters.AddWithValue(text);
        return new Note((long)(await command.ExecuteScalarAsync())!, text);
    }

    public static async Task<List<Note>> NotesAsync(NpgsqlDataSource db)
    {
        await using var command = db.CreateCommand("SELECT id, text FROM notes ORDER BY id");
        await using var reader = await command.ExecuteReaderAsync();
        var notes = new List<Note>();
        while (await reader.ReadAsync())
        {
            notes.Add(new Note(reader.GetInt64(0), reader.GetString(1)));
        }
        return notes;
    }
}
